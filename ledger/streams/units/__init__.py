"""Units of an order: where they are, which are free, and who bears them."""
