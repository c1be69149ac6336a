"""The soak: every way out of the ledger at once, while processes are killed and connections are cut."""
