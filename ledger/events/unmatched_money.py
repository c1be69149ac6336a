"""What became of unmatched money: captures that did not happen, refunds that failed or came back, and what providers
have paid."""

from __future__ import annotations

from datetime import date, datetime

from ledger.events.event import Event
from ledger.events.psp_settlement import SettledLine, SettlementMatch
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _UnmatchedMoney(Event):
    """Which unmatched capture it is about."""

    psp: Id
    capture_ref: Id
    payment_id: Id | None
    amount: Money


class UnmatchedCaptureFailed(_UnmatchedMoney, name="unmatched.capture_failed", version=1):
    """The provider did not take the money after all, or took it back; it never belonged to an order.

    `base` is what it stood at, in CNY. What was owed back to the payer already is the platform's loss; `unallocated` is
    the rest.
    """

    code: str
    base: Money
    unallocated: Money
    unallocated_base: Money
    happened_at: datetime


class UnmatchedRefundFailed(_UnmatchedMoney, name="unmatched.refund_failed", version=1):
    """The provider could not pay money of no order back; it stays owed (P11).

    `without_effect` where it changes nothing: it was paid later, or had failed already.
    """

    refund_id: Id
    attempt_id: Id
    psp_refund_ref: str
    code: str
    happened_at: datetime
    without_effect: bool = False


class UnmatchedRefundSuccessRepeated(_UnmatchedMoney, name="unmatched.refund_success_repeated", version=1):
    """The provider says again, of a later instant, that it has paid money of no order back: the same, unless it turns
    out that it had come back in between."""

    refund_id: Id
    attempt_id: Id
    psp_refund_ref: str
    happened_at: datetime


class UnmatchedRefundReversed(_UnmatchedMoney, name="unmatched.refund_reversed", version=1):
    """Money of no order that had been paid back has come back: it is owed again at what it was `carried` at.

    `base` is its value at the day's book rate, `fx` = carried − base, all in CNY. Where its payment was reported only
    after
    it, both are recorded together, and `came_back_on` is the accounting day of this one.
    """

    refund_id: Id
    attempt_id: Id
    psp_refund_ref: str
    code: str
    carried: Money
    book_rate: Rate
    base: Money
    fx: Money
    happened_at: datetime
    came_back_on: date | None = None

    @property
    def posts_on(self) -> date | None:
        return self.came_back_on


class _ExtinguishedLiability(_UnmatchedMoney):
    """`base` is what it stands at, in CNY, as money owed and as the platform's loss."""

    refund_id: Id
    base: Money


class UnmatchedLiabilityExtinguished(_ExtinguishedLiability, name="unmatched.liability_extinguished", version=1):
    """Money of a capture that failed did not reach the payer, who never gave it: nobody is owed it, and it is no
    loss."""


class UnmatchedLiabilityReinstated(_ExtinguishedLiability, name="unmatched.liability_reinstated", version=1):
    """What was owed no more, because its capture had failed, was paid all the same: it is the platform's loss."""


class UnmatchedRefundSubmitted(_UnmatchedMoney, name="unmatched.refund_submitted", version=1):
    """The provider is asked once more to pay money of no order back, under a new name."""

    refund_id: Id
    attempt_id: Id
    submitted_at: datetime


class UnmatchedFundsSettled(Event, name="unmatched.funds_settled", version=1):
    """The provider has paid for these lines of a capture that no order will have, as a part of one batch (P3)."""

    psp: Id
    capture_ref: Id
    payment_id: Id | None
    batch_ref: Id
    lines: tuple[SettledLine, ...]
    cash: Money  # CNY, of all lines
    bank_entry_ref: str
    value_date: date


class UnmatchedFundsMatched(SettlementMatch, name="unmatched.funds_matched", version=1):
    """What the provider settled of unmatched money before we knew of it is no longer extra, nor expected."""

    capture_ref: Id
    payment_id: Id | None
