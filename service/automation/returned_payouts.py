"""Stops payouts to accounts that returned money: the return and the account are in different streams."""

from __future__ import annotations

from datetime import datetime

from commands.command import Command
from commands.payouts.disable_payout_account import DisablePayoutAccount
from ledger.actors import Actor
from ledger.ids import command_id, merchant_of
from projections.worklists.due_dates import DueDate
from service.loops.timer import DueDateTimer

_WATCHER = Actor(kind="system", id="returned-payouts", role="watcher")


class ReturnedPayouts(DueDateTimer):
    """`initiate_payout` itself refuses to pay until this timer has handled the return."""

    name = "returned_payouts"
    kind = "returned_payout"

    def command(self, due: DueDate, by: datetime) -> Command:  # noqa: ARG002
        return DisablePayoutAccount(
            id=command_id("returned", due.stream, due.subject, due.facts["payout_id"]),
            actor=_WATCHER,
            merchant_id=merchant_of(due.stream) or "",
            account_ref=due.subject,
            reason="payout_returned",
        )
