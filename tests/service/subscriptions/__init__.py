"""Deliveries of subscriptions."""
