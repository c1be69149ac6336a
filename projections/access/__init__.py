"""Read models of access: accounts and tokens."""
