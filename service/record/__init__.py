"""Commands as JSON lines: read without trusting a byte, decided in bulk, every line accounted for."""
