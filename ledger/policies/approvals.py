"""Who must say yes to a refund before dispatch when Express Refund is off."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy

Approver = Literal["merchant", "platform"]


class Approvals(Policy, key="approvals"):
    """One approver a round, in order (statement 28: two rounds); a rejection in any round ends the case.

    `distinct`: no person approves twice. `hold_dispatch`: quantities under a pending request are not dispatched.
    `decide_within` is how long a round should take; nothing is approved or rejected by its lapse.
    """

    rounds: tuple[Approver, ...] = Field(min_length=1)
    distinct: bool = True
    hold_dispatch: bool = True
    decide_within: Duration | None = None

    def decide_by(self, since: datetime) -> datetime | None:
        """When a round that waits since then should be decided; None where there is no hurry."""
        return later(since, self.decide_within) if self.decide_within else None

    def approver_of(self, round_number: int) -> Approver:
        """Who decides in a round, counted from 1."""
        return self.rounds[round_number - 1]
