"""Models and checks that share no code with the ledger."""
