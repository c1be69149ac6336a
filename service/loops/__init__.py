"""Loops over many items: each stands alone, and failed ones are set aside."""
