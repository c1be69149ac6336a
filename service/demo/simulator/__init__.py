"""Simulates a trading month with all kinds of orders, through the real commands. The same seed gives the same month."""
