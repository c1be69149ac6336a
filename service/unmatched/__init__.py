"""Unmatched items: lists them, and matches them with their orders."""
