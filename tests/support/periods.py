"""Months closed and reopened by two people in one call, for tests of what follows from it."""

from __future__ import annotations

from commands.bus.outcome import Outcome
from ledger.actors import Actor
from service.finance.period_close import PeriodClose
from tests.support.buses import PROPOSER


class TwoPeopleClose(PeriodClose):
    """Proposes and approves; what an earlier call left unfinished is finished first."""

    def close(self, period: str, *, approver: Actor, proposer: Actor = PROPOSER) -> Outcome:
        """The outcome of the closing, or of the act that was refused."""
        if self.unfinished and (closed := self.finish()):
            return closed
        made = self.propose_close(period, by=proposer)
        return self.approve(made.command_id, by=approver) if made.status == "recorded" else made

    def reopen(self, period: str, *, approver: Actor, proposer: Actor = PROPOSER) -> Outcome:
        """The outcome of the approval, or of the proposal that was refused."""
        made = self.propose_reopen(period, by=proposer, reason="late_invoice")
        return self.approve(made.command_id, by=approver) if made.status == "recorded" else made
