"""The stream of a provider's settlement batch: the report, and the breaks about it."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.psp_settlement import PspSettlementReported
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.streams.stream import Stream


class PspBatch(Stream):
    """The stream `psp_batch/<psp>/<batch>` in book 0. The lines of orders are in the orders' streams."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.reported: PspSettlementReported | None = None
        self.breaks: set[str] = set()  # ids of all breaks ever opened

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: PspSettlementReported) -> None:
        self.reported = event

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)
