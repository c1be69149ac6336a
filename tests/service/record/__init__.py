"""JSON lines: every kind of bad one, and batches of good ones."""
