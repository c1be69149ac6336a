"""What is remembered of a provider's batch: how it was reported, and what contradicted it."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.psp_settlement import PspSettlementReported
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.streams.stream import Stream


class PspBatch(Stream):
    """The stream `psp_batch/<psp>/<batch>` in book 0; the money of its orders stands in their own streams."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.reported: PspSettlementReported | None = None
        self.breaks: set[str] = set()  # ever opened

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: PspSettlementReported) -> None:
        self.reported = event

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)
