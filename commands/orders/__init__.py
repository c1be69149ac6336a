"""Orders, from placement to expiry."""
