"""What the running service does by itself, each a timer."""
