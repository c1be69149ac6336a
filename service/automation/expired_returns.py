"""Expires returns whose goods the buyer did not send back in time."""

from __future__ import annotations

from datetime import datetime, timedelta

from commands.command import Command
from commands.returns.expire_return import ExpireReturn
from ledger.ids import command_id, merchant_of, order_of
from projections.worklists.due_dates import DueDate
from service.loops.timer import TIMER, DueDateTimer


class ExpiredReturns(DueDateTimer):
    """A return expires at `return_by` itself, not after it."""

    name = "expired_returns"
    kind = "return"
    every = timedelta(seconds=10)

    def command(self, due: DueDate, by: datetime) -> Command:  # noqa: ARG002
        order = order_of(due.stream) or ""
        return ExpireReturn(
            id=command_id("expire", due.stream, due.subject, str(due.changed_at)),
            actor=TIMER,
            merchant_id=merchant_of(due.stream) or "",
            order_id=order,
            refund_id=due.subject,
        )
