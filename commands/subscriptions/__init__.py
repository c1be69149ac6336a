"""Subscriptions: who follows the log with a place that the service keeps, and what it gets."""
