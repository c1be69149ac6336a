"""Refusals, one module for each part of the business, and the catalogue of all of them."""
