"""Refunds, from request to the buyer's account."""
