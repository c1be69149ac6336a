"""What is remembered of a manual adjustment: what was proposed, and whether it was decided."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.adjustment import ManualAdjustmentApproved, ManualAdjustmentProposed, ManualAdjustmentRejected
from ledger.streams.proposal import Proposal
from ledger.streams.stream import Stream


class Adjustment(Stream):
    """The stream `adjustment/<merchant>/<id>`, or `adjustment/<id>` of the platform's own."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.proposal: Proposal[ManualAdjustmentProposed] | None = None

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: ManualAdjustmentProposed) -> None:
        self.proposal = Proposal(event)

    @evolve.register
    def _(self, event: ManualAdjustmentApproved) -> None:
        assert self.proposal is not None, "what is approved was proposed"
        self.proposal.state = "approved"

    @evolve.register
    def _(self, event: ManualAdjustmentRejected) -> None:
        assert self.proposal is not None, "what is rejected was proposed"
        self.proposal.state = "rejected"
