"""Reads camt.053 bank statements: the file, its statements and their entries."""
