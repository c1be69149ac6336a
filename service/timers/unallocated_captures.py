"""Flags money whose order has not come in time (acceptance scenario 3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from commands.command import Command
from commands.flag_unallocated_capture import FlagUnallocatedCapture
from ledger.deadlines import earlier
from ledger.ids import derived_id, merchant_of, order_of
from ledger.policies.payment_terms import PaymentTerms
from ledger.refusals import PolicyNotEffective
from projections.due_dates import DueDate
from service.timers.timer import TIMER, DueDateTimer


class UnallocatedCaptures(DueDateTimer):
    """The policy `payment_terms` says how long the order may take."""

    kind = "capture"
    every = timedelta(seconds=10)

    def due_by(self, now: datetime) -> datetime | None:
        try:
            terms, _ = self.reference.current().policy(PaymentTerms, now)
        except PolicyNotEffective:
            return None
        return earlier(now, terms.order_must_follow_within)

    def commands(self, due: DueDate, by: datetime) -> Iterator[Command]:
        order = order_of(due.stream) or ""
        for capture_ref, since in sorted(due.facts["waiting"].items()):
            if datetime.fromisoformat(since) <= by:
                yield FlagUnallocatedCapture(
                    id=derived_id("flag", order, capture_ref, str(due.changed_at)),
                    actor=TIMER,
                    merchant_id=merchant_of(due.stream) or "",
                    order_id=order,
                    capture_ref=capture_ref,
                )
