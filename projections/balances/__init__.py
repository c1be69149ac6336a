"""Merchants' money."""
