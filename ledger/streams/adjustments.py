"""The stream of a manual adjustment."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.adjustments import ManualAdjustmentApproved
from ledger.streams.stream import Stream


class Adjustment(Stream):
    """The stream `adjustment/<merchant>/<id>`, or `adjustment/<id>` for the platform's own money."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.is_posted = False

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: ManualAdjustmentApproved) -> None:
        self.is_posted = True
