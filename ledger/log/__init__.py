"""The log: books of events, appended by one SQL function, read in order, each row with a hash."""
