"""Commands on orders, from placement to expiry."""
