"""The bank: its statements (camt.053) come in, payment orders (pain.001) go out."""
