"""The bank: reads its statements (camt.053) and payment statuses (pain.002), and writes payment orders (pain.001)."""
