"""The log: books of events, appended by one SQL function, read in order, provable row by row."""
