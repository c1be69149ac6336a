"""A made-up trading month, the same for the same seed: orders of every kind through the real commands."""
