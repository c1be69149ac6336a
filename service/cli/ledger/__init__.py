"""Commands about the ledger itself."""
