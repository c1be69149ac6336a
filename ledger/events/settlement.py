"""Merchant money after the sale: released, held, paid out, returned; and the breaks that people must close."""

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
    """Some quantity of an order line is the merchant's to be paid: gross = net + fee + vat, all CNY.

    `rule` says why now: `signed_off`, or `platform_borne` where no signature will come.
    """

    merchant_id: Id
    order_id: Id
    line_id: Id
    parcel_id: Id | None = None  # whose units they are
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
    """What every hold names; `held_from` is the account the money was in, and goes back to.

    A hold on a merchant's available money need not be about an order.
    """

    hold_id: Id
    merchant_id: Id
    order_id: Id | None = None
    line_id: Id | None = None
    amount: Money
    held_from: HeldFrom
    reason: str


class SettlementHeld(_Hold, name="settlement.held", version=1):
    """Some of the merchant's money on a line is kept back, with a reason: of all its units, or of `qty` units in one
    parcel."""

    parcel_id: Id | None = None
    qty: int | None = None  # None where it is about no parcel
    held_at: datetime


class HoldReleased(_Hold, name="settlement.hold_released", version=1):
    """Money that was kept back is the merchant's again."""

    hold_released_at: datetime


class _Payout(Event):
    """What every payout event names. `bank_ref` is the bank's own reference, empty before it has one."""

    payout_id: PayoutId
    merchant_id: Id
    amount: Money
    account_ref: Id
    bank_ref: str = ""


class PayoutInitiated(_Payout, name="payout.initiated", version=1):
    """The bank is to be instructed to pay the merchant; the money is no longer available.

    `account_verified_at` is the check of the account that the payout rests on: if it comes back, so does no other.
    """

    account_verified_at: datetime
    initiated_at: datetime
    run_id: Id | None = Field(default=None, exclude_if=is_absent)  # the settlement run that asked for it


class PayoutSubmitted(_Payout, name="payout.submitted", version=1):
    """The bank has the instruction."""

    submitted_at: datetime


class PayoutPaid(_Payout, name="payout.paid", version=1):
    """The money has left our bank for the merchant's.

    `given_back_before`: we had believed the payout dead and made the money available again, so it leaves from there.
    """

    value_date: date
    given_back_before: bool = False


class PayoutFailed(_Payout, name="payout.failed", version=1):
    """The bank could not pay; the money is available again."""

    code: str
    failed_at: datetime


class PayoutCancelled(_Payout, name="payout.cancelled", version=1):
    """The payout was taken back before the bank had it; the money is available again."""

    code: str
    cancelled_at: datetime


class PayoutReturned(_Payout, name="payout.returned", version=1):
    """Money that had been paid came back to our bank; it is available again."""

    code: str
    value_date: date


class ReconciliationBreakOpened(Event, name="break.opened", version=1):
    """Two accounts of the same thing differ, or a fact contradicts what was known; a person must look."""

    break_id: Id
    kind: Id
    expected: str
    actual: str
    refs: dict[str, str]
    opened_at: datetime
    arose_at: datetime | None = Field(default=None, exclude_if=is_absent)  # where that was before the row's own instant


class ReconciliationBreakAssigned(Event, name="break.assigned", version=1):
    """Somebody is to look into the difference."""

    break_id: Id
    kind: Id
    owner: Id
    assigner: Actor
    assigned_at: datetime


class ReconciliationBreakResolved(Event, name="break.resolved", version=1):
    """A person has explained the difference; `reason` is in their own words."""

    break_id: Id
    kind: Id
    expected: str
    actual: str
    refs: dict[str, str]
    resolution: Id
    reason: Sealed[str]
    resolver: Actor
    resolved_at: datetime
