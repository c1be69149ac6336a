"""What is remembered of a manual adjustment: whether it is posted."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.adjustments import ManualAdjustmentApproved
from ledger.streams.stream import Stream


class Adjustment(Stream):
    """The stream `adjustment/<merchant>/<id>`, or `adjustment/<id>` of the platform's own."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.is_posted = False

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: ManualAdjustmentApproved) -> None:
        self.is_posted = True
