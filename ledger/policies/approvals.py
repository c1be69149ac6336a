"""The approvals that a refund before dispatch needs when Express Refund is off."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import Field

from ledger.deadlines import later
from ledger.instants import Duration
from ledger.policies.policy import Policy

Approver = Literal["merchant", "platform"]


class Approvals(Policy, key="approvals"):
    """One approver a round, in order (statement 28: two rounds). A rejection in any round closes the case.

    `distinct`: one person cannot approve two rounds. `hold_dispatch`: units under a pending request are not dispatched.
    `decide_within`: the time that a round should take. When it lapses, nothing is approved or rejected.
    """

    rounds: tuple[Approver, ...] = Field(min_length=1)
    distinct: bool = True
    hold_dispatch: bool = True
    decide_within: Duration | None = None

    def decide_by(self, since: datetime) -> datetime | None:
        """Returns the time by which a round that waits since `since` should be decided; None if there is no limit."""
        return later(since, self.decide_within) if self.decide_within else None

    def approver_of(self, round_number: int) -> Approver:
        """Returns the kind of approver of a round, counted from 1."""
        return self.rounds[round_number - 1]
