"""Policies: what they say of an instant, an amount, a parcel."""
