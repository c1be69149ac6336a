"""Recording of commands from JSON lines: strict reading, decisions in bulk, and a count for every line."""
