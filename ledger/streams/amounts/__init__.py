"""Amounts of an order: fees, taxes, refunds, disputes and charges, and who bears them."""
