"""Processes killed at random moments, one after the other, on one ledger that keeps what it acknowledged."""
