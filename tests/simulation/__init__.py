"""The made-up month as a test: what must hold over many orders at once."""
