"""Commands on returns of goods to the merchant."""
