"""Where an order is, in its buyer's language, and its history."""
