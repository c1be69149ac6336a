"""What fees, taxes, refunds and disputes of an order take, and from whom."""
