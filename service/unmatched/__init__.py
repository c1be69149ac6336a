"""Unmatched items: what waits, and how each is matched with its order."""
