"""The command line: one file a topic, every answer as a table, JSON or CSV."""
