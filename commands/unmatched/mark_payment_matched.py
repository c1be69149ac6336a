"""Giving over unmatched money that stands in its orders' streams by now."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from commands.unmatched.unmatched_money import capture_of
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched
from ledger.ids import Id, order_stream, unmatched_stream
from ledger.references import Reference
from ledger.refusals.finance import UnmatchedItemNotFound
from ledger.streams.reference_data import UnmatchedItem


class MarkPaymentMatched(Command, name="mark_payment_matched"):
    """Every order of the plan has recorded its part, so book 0 reverses the capture at the rate it was taken in at."""

    psp: Id
    capture_ref: Reference

    @property
    def stream(self) -> str:
        return unmatched_stream(self.psp, self.capture_ref)


def decide(command: MarkPaymentMatched, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    capture = capture_of(item)
    if item.is_matched:
        return
    if item.plan is None:
        raise UnmatchedItemNotFound(source=command.psp, reference=command.capture_ref)
    yield UnmatchedFactMatched(
        system=capture.psp,
        reference=capture.capture_ref,
        streams=tuple(order_stream(part.merchant_id, part.order_id) for part in (*item.taken, *item.plan.parts)),
        psp=capture.psp,
        payment_id=capture.payment_id,
        amount=item.to_match,
        base=item.base_of(item.plan.parts),
        matched_at=command.decided_at,
    )
