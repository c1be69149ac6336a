"""Entries: what money does to accounts."""
