"""Sends instructions to providers and banks under the ledger's ids, at least once, until they are answered."""
