"""A bound for the memory of a process: the values that were kept last."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def keep(known: OrderedDict[K, V], key: K, value: V, *, most: int) -> None:
    """Keeps the value as the latest, and forgets the earliest one beyond `most`."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > most:
        known.popitem(last=False)
