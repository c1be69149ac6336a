"""Merchants' money after the sale: released, held, paid out, returned; and breaks."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from ledger.actors import Actor
from ledger.events.event import Event, is_absent
from ledger.ids import Id, PayoutId
from ledger.money import Money
from ledger.sealed import Sealed

HeldFrom = Literal["pending", "available"]


class SettlementReleased(Event, name="settlement.released", version=1):
    """Units of an order line are released to the merchant: gross = net + fee + vat, all CNY.

    `rule` is the reason: `signed_off` for signed units, `platform_borne` if no signature will come, or `remainder` for
    money of units that were released before (`qty` 0), which a won dispute or an expired return gave back.
    `fee_rate_bps` is in basis points of gross. The release was due at `due_at`.
    """

    merchant_id: Id
    order_id: Id
    line_id: Id
    parcel_id: Id | None = None  # the parcel of the units
    market: str
    qty: int
    gross: Money
    fee: Money
    vat: Money
    net: Money
    fee_rate_bps: int
    fee_schedule_version: int
    rule: str
    rule_version: int  # of the release policy
    due_at: datetime
    released_at: datetime


class _Hold(Event):
    """Fields of every hold event. `held_from` is the account that the money came from and goes back to. A hold on
    available money need not concern an order."""

    hold_id: Id
    merchant_id: Id
    order_id: Id | None = None
    line_id: Id | None = None
    amount: Money
    held_from: HeldFrom
    reason: str


class SettlementHeld(_Hold, name="settlement.held", version=1):
    """Money of the merchant is on hold, for `reason`.

    `held_from` says whether it was pending or available. With `line_id`, it is the money of all units of the line, or
    of `qty` units in the parcel `parcel_id`.
    """

    parcel_id: Id | None = None
    qty: int | None = None  # None if the hold names no parcel
    held_at: datetime


class HoldReleased(_Hold, name="settlement.hold_released", version=1):
    """Money on hold is pending or available again, as `held_from` says."""

    hold_released_at: datetime


class _Payout(Event):
    """Fields of every payout event. `bank_ref` is the bank's reference, empty until it is known."""

    payout_id: PayoutId
    merchant_id: Id
    amount: Money
    account_ref: Id
    bank_ref: str = ""


class PayoutInitiated(_Payout, name="payout.initiated", version=1):
    """The money of a payout has left the available balance. The bank is to be instructed.

    `account_verified_at` identifies the verification of the account. If this payout comes back, no other payout uses
    that verification.
    """

    account_verified_at: datetime
    initiated_at: datetime
    run_id: Id | None = Field(default=None, exclude_if=is_absent)  # the settlement run that initiated it


class PayoutSubmitted(_Payout, name="payout.submitted", version=1):
    """The bank has the payment instruction."""

    submitted_at: datetime


class PayoutPaid(_Payout, name="payout.paid", version=1):
    """The bank has transferred the money to the merchant's account.

    `given_back_before` is true if the payout had been reported as failed, cancelled or returned, and its money was made
    available again. Then it is debited to the available balance.
    """

    value_date: date
    given_back_before: bool = False


class PayoutFailed(_Payout, name="payout.failed", version=1):
    """The bank could not pay. The money is available again."""

    code: str
    failed_at: datetime


class PayoutCancelled(_Payout, name="payout.cancelled", version=1):
    """The payout was cancelled before the bank had it. The money is available again."""

    code: str
    cancelled_at: datetime


class PayoutReturned(_Payout, name="payout.returned", version=1):
    """The bank returned a payout that had been paid. The money is available again."""

    code: str
    value_date: date


class ReconciliationBreakOpened(Event, name="break.opened", version=1):
    """Two sources differ, or a report contradicts the books. A person must look into it.

    `expected` and `actual` are short texts; `refs` names the things concerned. `arose_at` is the instant when the
    difference arose, if that was before the event's own instant.
    """

    break_id: Id
    kind: Id
    expected: str
    actual: str
    refs: dict[str, str]
    opened_at: datetime
    arose_at: datetime | None = Field(default=None, exclude_if=is_absent)  # if before the event's own instant


class ReconciliationBreakAssigned(Event, name="break.assigned", version=1):
    """`owner` is to look into the break."""

    break_id: Id
    kind: Id
    owner: Id
    assigner: Actor
    assigned_at: datetime


class ReconciliationBreakResolved(Event, name="break.resolved", version=1):
    """A person has explained the break. `resolution` is a code word; `reason` is free text, sealed."""

    break_id: Id
    kind: Id
    expected: str
    actual: str
    refs: dict[str, str]
    resolution: Id
    reason: Sealed[str]
    resolver: Actor
    resolved_at: datetime
