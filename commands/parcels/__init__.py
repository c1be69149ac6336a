"""Commands on parcels and customs."""
