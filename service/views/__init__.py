"""The views kept at the head of the log, and how far each is."""
