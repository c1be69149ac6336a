"""Goods on their way back to the merchant."""
