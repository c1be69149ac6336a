"""A setting with a history: what it is, and what it was at an instant."""

from __future__ import annotations

from bisect import bisect_right, insort
from datetime import datetime


class Switch:
    """Off until it is first turned on."""

    def __init__(self) -> None:
        self._turns: list[tuple[datetime, bool]] = []

    def turn(self, on: bool, effective_at: datetime) -> None:
        """From `effective_at` on; of two turns at one instant the later recorded counts."""
        insort(self._turns, (effective_at, on), key=lambda turn: turn[0])

    def at(self, instant: datetime) -> bool:
        """What the setting was at `instant`, half-open: a turn counts from its own instant on."""
        index = bisect_right(self._turns, instant, key=lambda turn: turn[0])
        return self._turns[index - 1][1] if index else False

    @property
    def is_on(self) -> bool:
        """What the setting is after all turns that are recorded."""
        return bool(self._turns) and self._turns[-1][1]
