"""One book as an application of the Python `eventsourcing` library."""
