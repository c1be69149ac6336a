"""Search: the references by which people and partners name orders, parcels and money."""
