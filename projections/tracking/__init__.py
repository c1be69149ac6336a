"""Where an order is, as its buyer sees it."""
