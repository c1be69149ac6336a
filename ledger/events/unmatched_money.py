"""Events of unmatched captures in book 0: failures, refund attempts and provider settlements."""

from __future__ import annotations

from datetime import date, datetime

from ledger.events.event import Event
from ledger.events.psp_settlement import SettledLine, SettlementMatch
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _UnmatchedMoney(Event):
    """Fields of every event of an unmatched capture."""

    psp: Id
    capture_ref: Id
    payment_id: Id | None
    amount: Money


class UnmatchedCaptureFailed(_UnmatchedMoney, name="unmatched.capture_failed", version=1):
    """An unmatched capture did not happen, or the provider has taken it back.

    `base` is its CNY value. `unallocated` is the part that was not yet owed to the payer; it leaves 2220. The rest is
    the platform's loss (P26).
    """

    code: str
    base: Money
    unallocated: Money
    unallocated_base: Money
    happened_at: datetime


class UnmatchedRefundFailed(_UnmatchedMoney, name="unmatched.refund_failed", version=1):
    """The provider could not pay unmatched funds back. We still owe them (P11).

    `without_effect` is true if the report changes nothing: the attempt succeeded later, or had failed already.
    """

    refund_id: Id
    attempt_id: Id
    psp_refund_ref: str
    code: str
    happened_at: datetime
    without_effect: bool = False


class UnmatchedRefundSuccessRepeated(_UnmatchedMoney, name="unmatched.refund_success_repeated", version=1):
    """The provider has reported the success of this attempt again, at a later instant. Nothing is posted.

    The report counts if it turns out that the money had come back in between.
    """

    refund_id: Id
    attempt_id: Id
    psp_refund_ref: str
    happened_at: datetime


class UnmatchedRefundReversed(_UnmatchedMoney, name="unmatched.refund_reversed", version=1):
    """A refund of unmatched funds came back. We owe the money again, at its `carried` CNY value.

    `base` is its CNY value at `book_rate`, the rate of the day, and `fx` = carried − base (a loss is positive). If the
    reversal was reported before the success, both are recorded together, and `came_back_on` is the accounting day of
    the reversal.
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
    """`base` is the CNY value, in 2210 and in the platform's loss."""

    refund_id: Id
    base: Money


class UnmatchedLiabilityExtinguished(_ExtinguishedLiability, name="unmatched.liability_extinguished", version=1):
    """The refund of a failed capture did not reach the payer. Nobody is owed it, and it is no loss.

    `base` is its CNY value, in 2210 and in the loss.
    """


class UnmatchedLiabilityReinstated(_ExtinguishedLiability, name="unmatched.liability_reinstated", version=1):
    """A refund whose liability was extinguished was paid after all. It is the platform's loss.

    `base` is its CNY value, in 2210 and in the loss.
    """


class UnmatchedRefundSubmitted(_UnmatchedMoney, name="unmatched.refund_submitted", version=1):
    """We have asked the provider once more to pay unmatched funds back, with a new `attempt_id`."""

    refund_id: Id
    attempt_id: Id
    submitted_at: datetime


class UnmatchedFundsSettled(Event, name="unmatched.funds_settled", version=1):
    """The provider has paid these lines of an unmatched capture, as a part of one batch (P3).

    No order will get the capture. `cash` is the sum of the lines in CNY.
    """

    psp: Id
    capture_ref: Id
    payment_id: Id | None
    batch_ref: Id
    lines: tuple[SettledLine, ...]
    cash: Money  # CNY, of all lines
    bank_entry_ref: str
    value_date: date


class UnmatchedFundsMatched(SettlementMatch, name="unmatched.funds_matched", version=1):
    """A line that a provider had settled before its item was known is matched to the item, in unmatched money.

    The line stood in 1110 as `settled`, with the CNY value `settled_base`; the item as `cleared`, with `cleared_base`.
    Both have the signs of the report; `fx` = cleared_base − settled_base. The entry is booked on `posted_on`, when both
    were known.
    """

    capture_ref: Id
    payment_id: Id | None
