"""Commands on charges of logistics partners, and claims against them."""
