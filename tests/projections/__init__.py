"""Given events, then rows."""
