"""A payment provider and a bank that exist nowhere: they keep books of their own, and err as real ones do."""
