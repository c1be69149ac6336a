"""The one exception that ends a command of ours: a plain sentence for whoever typed it."""

from __future__ import annotations


class ServiceFailure(Exception):
    """Something outside stands in the way: a port in use, a database that is down, a folder somebody else holds."""
