"""A setting that is on or off, with its history."""

from __future__ import annotations

from bisect import bisect_right, insort
from datetime import datetime


class Switch:
    """Off until it is first turned on."""

    def __init__(self) -> None:
        self._turns: list[tuple[datetime, bool]] = []

    def turn(self, on: bool, effective_at: datetime) -> None:
        """Sets the value from `effective_at` on. Of two changes at one instant, the one recorded later counts."""
        insort(self._turns, (effective_at, on), key=lambda turn: turn[0])

    def at(self, instant: datetime) -> bool:
        """Returns the value at `instant`. A change counts from its own instant on."""
        index = bisect_right(self._turns, instant, key=lambda turn: turn[0])
        return self._turns[index - 1][1] if index else False

    @property
    def is_on(self) -> bool:
        """The value after all recorded changes."""
        return bool(self._turns) and self._turns[-1][1]
