"""The addresses of the service, over a real ledger."""
