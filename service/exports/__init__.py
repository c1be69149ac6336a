"""Writes files for other systems: journals in three formats, and payment orders for the bank."""
