"""How the outside reaches the ledger, and is reached: settings, HTTP, CLI, console, adapters, the embedded server."""
