"""Opens breaks for captures whose order did not come in time (acceptance scenario 3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from commands.command import Command
from commands.payments.flag_unallocated_capture import FlagUnallocatedCapture
from ledger.deadlines import earlier
from ledger.ids import command_id, merchant_of, order_of
from ledger.policies.payment_terms import PaymentTerms
from ledger.refusals.catalogue import PolicyNotEffective
from projections.worklists.due_dates import DueDate
from service.loops.loop import Item
from service.loops.timer import TIMER, DueDateTimer


class UnallocatedCaptures(DueDateTimer):
    """The policy `payment_terms` sets the time that the order may take."""

    name = "unallocated_captures"
    kind = "capture"
    every = timedelta(seconds=10)

    def due_by(self, now: datetime) -> datetime | None:
        try:
            terms, _ = self.app.bus.reference().policy(PaymentTerms, now)
        except PolicyNotEffective:
            return None
        return earlier(now, terms.order_must_follow_within)

    def items(self, book: int, due: DueDate, by: datetime) -> Iterator[Item]:
        for capture_ref, since in sorted(due.facts["waiting"].items()):
            if datetime.fromisoformat(since) <= by:
                yield Item(book, f"{due.stream}#{capture_ref}", partial(_flag, due, capture_ref))


def _flag(due: DueDate, capture_ref: str) -> Command:
    return FlagUnallocatedCapture(
        id=command_id("flag", due.stream, capture_ref, str(due.changed_at)),
        actor=TIMER,
        merchant_id=merchant_of(due.stream) or "",
        order_id=order_of(due.stream) or "",
        capture_ref=capture_ref,
    )
