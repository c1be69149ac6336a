"""The log checked against itself, and what covers each column of it."""
