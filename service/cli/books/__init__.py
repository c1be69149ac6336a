"""Commands about the books of account."""
