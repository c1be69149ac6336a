"""Commands that take two people: proposed by one, approved or rejected by another."""
