"""Instructs the provider once more to refund unmatched money."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from commands.unmatched.unmatched_money import capture_of
from ledger.events.event import Event
from ledger.events.unmatched_money import UnmatchedRefundSubmitted
from ledger.ids import Id, derived_id, unmatched_stream
from ledger.references import Reference
from ledger.refusals.catalogue import AlreadySubmitted
from ledger.refusals.finance import ItemAlreadyMatched, UnmatchedItemNotFound
from ledger.streams.reference_data import UnmatchedItem


class SubmitUnmatchedRefund(Command, name="submit_unmatched_refund"):
    """Submits the unpaid rest of a refund of unmatched money under a new attempt id.

    The first attempt is submitted with the refund. Refused if attempts cover all of the refund, or its capture failed.
    """

    psp: Id
    capture_ref: Reference
    refund_id: Id

    @property
    def stream(self) -> str:
        return unmatched_stream(self.psp, self.capture_ref)


def decide(command: SubmitUnmatchedRefund, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    capture_of(item)
    refund = item.refunds.get(command.refund_id)
    if refund is None:
        raise UnmatchedItemNotFound(source=command.psp, reference=command.refund_id)
    if item.has_failed and not refund.unsubmitted:
        raise ItemAlreadyMatched(source=command.psp, reference=command.capture_ref, state="undone, because it failed")
    if not refund.unsubmitted:
        raise AlreadySubmitted(refund_id=command.refund_id)
    n = len(refund.attempts) + 1
    yield UnmatchedRefundSubmitted(
        psp=refund.decided.psp,
        capture_ref=refund.decided.capture_ref,
        payment_id=refund.decided.payment_id,
        amount=refund.unsubmitted,
        refund_id=command.refund_id,
        attempt_id=derived_id(command.refund_id, str(n)),
        submitted_at=command.decided_at,
    )
