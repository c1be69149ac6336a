"""Parcels on both legs, and customs."""
