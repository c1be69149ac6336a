"""Giving money that belongs to no order back to who paid it (P25)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import PositiveMoney, Reason
from commands.requested_amounts import expect_within
from commands.rules import Rules
from commands.unmatched.unmatched_money import unmatched_capture
from ledger.events.event import Event
from ledger.events.platform_money import UnmatchedFundsRefunded
from ledger.ids import Id, unmatched_stream
from ledger.money import Money, share, total
from ledger.references import Reference
from ledger.refusals.catalogue import CaseAlreadyOpen
from ledger.refusals.finance import ItemAlreadyMatched
from ledger.streams.reference_data import UnmatchedItem


class RefundUnmatchedFunds(Command, name="refund_unmatched_funds"):
    """An unmatched capture, or `amount` of it, is owed back. The provider is instructed; its answer is reported."""

    psp: Id
    capture_ref: Reference
    refund_id: Id
    amount: PositiveMoney | None = None
    reason: Reason

    @property
    def stream(self) -> str:
        return unmatched_stream(self.psp, self.capture_ref)


def decide(command: RefundUnmatchedFunds, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    capture = unmatched_capture(item)
    if item.taken:
        raise ItemAlreadyMatched(source=command.psp, reference=command.capture_ref, state="matched in part")
    if command.refund_id in item.refunds:
        raise CaseAlreadyOpen(refund_id=command.refund_id, state="decided")
    given = total([refund.owed for refund in item.refunds.values()], capture.amount.currency)
    remaining = capture.amount - given
    amount = expect_within(command.amount, remaining, what=f"capture {capture.capture_ref}")
    yield UnmatchedFundsRefunded(
        refund_id=command.refund_id,
        psp=capture.psp,
        capture_ref=capture.capture_ref,
        payment_id=capture.payment_id,
        amount=amount,
        base=_base(item, upto=given + amount),
        reason=command.reason,
        refunded_at=command.decided_at,
    )


def _base(item: UnmatchedItem, *, upto: Money) -> Money:
    """The part's share of what the capture was taken in at; the parts add up to it."""
    assert item.capture is not None, "money is refunded from a capture"
    already = total([refund.base for refund in item.refunds.values()], item.capture.base.currency)
    return share(item.capture.base, upto=upto.minor, of=item.capture.amount.minor, already=already)
