"""Connects the ledger with the outside: settings, HTTP, command line, console, adapters and the embedded server."""
