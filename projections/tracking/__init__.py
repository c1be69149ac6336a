"""Tracking of orders and parcels, as their buyers see it."""
