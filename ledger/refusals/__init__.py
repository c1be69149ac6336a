"""Refusals by the part of the business they belong to, and the catalogue of them all."""
