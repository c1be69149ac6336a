"""Merchants in the programme."""
