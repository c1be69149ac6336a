"""Marks of carriers: hashes that identify a carrier where its name must not be kept."""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

_SIGN = "mark:"


@lru_cache(maxsize=1024)
def mark_of(carrier: str) -> str:
    """Returns the carrier's mark. The mark of a mark is itself, so that a fold may be given either."""
    return carrier if not carrier or carrier.startswith(_SIGN) else _SIGN + sha256(carrier.encode()).hexdigest()[:16]
