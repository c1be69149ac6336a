"""The package that other programs import: the client of the feeds. It imports nothing of the service."""
