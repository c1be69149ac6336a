"""Disputes at the card issuer."""
