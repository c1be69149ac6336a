"""The demonstration: a trading month, simulated partners, and Olist's orders."""
