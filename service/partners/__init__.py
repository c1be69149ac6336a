"""What the ledger asks of others goes out from here: at least once, under the ledger's ids, until it is answered."""
