"""Entries of the platform's own books, and accounting periods."""
