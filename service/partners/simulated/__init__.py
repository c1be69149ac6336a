"""A simulated payment provider and bank, with books of their own and occasional failures."""
