"""Tracking of an order in its buyer's language, and its history."""
