"""Commands on products and the export pool."""
