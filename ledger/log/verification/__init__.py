"""Verification: checks the log against itself, and lists the proof of each column."""
