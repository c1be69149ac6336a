"""Where the units of an order are, which of them are free, and who bears them."""
