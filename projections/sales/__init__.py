"""Read models of sales by channel."""
