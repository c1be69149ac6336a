"""Charges of logistics partners, and claims against them."""
