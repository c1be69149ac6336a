"""Maps each fact of a partner to the commands that record it."""
