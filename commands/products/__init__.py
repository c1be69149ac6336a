"""Products and the export pool."""
