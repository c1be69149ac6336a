"""The platform's own money: payments to partners and tax offices, exchange, revaluation, refunds of unmatched funds."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from ledger.events.event import Event
from ledger.events.periods import Period
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _PaidFromBank(Event):
    """A payable that was paid from the bank. `carried` is its CNY value, `base` the CNY value of the cash, and `fx` =
    base − carried. A rate is stored if the value beside it was computed with it."""

    amount: Money  # of the payable
    carried: Money
    cash: Money  # in the currency of the bank account
    base: Money
    fx: Money
    carried_rate: Rate | None
    base_rate: Rate | None
    bank_ref: str
    value_date: date


class PartnerInvoicePaid(_PaidFromBank, name="partner_invoice.paid", version=1):
    """We have paid an invoice of a logistics partner, or a part of it.

    `amount` is the part of the payable that is paid, in its currency; `cash` is what left the bank, in the account's
    currency. `carried` is the CNY value of the payable, `base` that of the cash, and `fx` = base − carried (a loss is
    positive). `carried_rate` and `base_rate` are the rates used, if any.
    """

    partner: Id
    payment_ref: Id
    invoice_refs: tuple[str, ...]


class TaxRemitted(_PaidFromBank, name="tax.remitted", version=1):
    """We have paid sales tax or duty, which buyers had paid to us, to a tax office.

    `amount` is the part of the payable that is paid, in its currency; `cash` is what left the bank, in the account's
    currency. `carried` is the CNY value of the payable, `base` that of the cash, and `fx` = base − carried (a loss is
    positive). `carried_rate` and `base_rate` are the rates used, if any.
    """

    authority: Id
    payment_ref: Id
    market: str
    tax_period: str


class BankFxConverted(Event, name="bank.fx_converted", version=1):
    """The bank has exchanged `sold` for `bought`. One of the two is CNY. If both are the same, the bank has moved the
    money from one account of ours to another.

    `carried` is the CNY value of the foreign money. If it is sold, `fx` = carried − bought (a loss is positive). If it
    is bought, `carried` is its cost and `fx` is zero.
    """

    bank_ref: Id
    sold: Money
    bought: Money
    carried: Money
    fx: Money
    book_rate: Rate | None  # None if `carried` was not computed with a rate
    value_date: date


class UnmatchedFundsRefunded(Event, name="unmatched.funds_refunded", version=1):
    """Captured money that belongs to no order is owed to the payer.

    `base` is `amount` in CNY at the rate it came in with.
    """

    refund_id: Id
    psp: Id
    capture_ref: Id
    payment_id: Id | None
    amount: Money
    base: Money
    reason: Id
    refunded_at: datetime


class UnmatchedRefundPaid(Event, name="unmatched.refund_paid", version=1):
    """The provider has paid unmatched funds back to the payer.

    `carried` is the CNY value in 2210, `base` the CNY value at `book_rate`, the rate of the day, and `fx` = base −
    carried (a loss is positive).
    """

    refund_id: Id
    attempt_id: Id
    psp: Id
    capture_ref: Id
    payment_id: Id | None
    psp_refund_ref: str
    amount: Money
    carried: Money
    book_rate: Rate
    base: Money
    fx: Money
    happened_at: datetime


class RevaluedBalance(BaseModel):
    """A foreign balance at the rate of the period's end, debit positive. `difference` = revalued − carried, in CNY."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Id
    psp: Id | None = None
    balance: Money
    carried: Money  # CNY
    rate: Rate
    revalued: Money  # CNY
    difference: Money  # CNY


class _Revaluation(Event):
    """Fields of a revaluation: the balances, and the position of each book up to which they were summed."""

    period: Period
    n: int  # the revaluation's number in the period, from 1
    balances: tuple[RevaluedBalance, ...]
    positions: dict[int, int]


class FxRevaluationPosted(_Revaluation, name="fx.revaluation_posted", version=1):
    """Foreign monetary balances are valued at the rates of the period's last day, `as_of`.

    `n` is the revaluation's number in the period, from 1. `positions` maps each book to the position up to which its
    balances were summed.
    """

    as_of: date
    posted_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.as_of


class FxRevaluationReversed(_Revaluation, name="fx.revaluation_reversed", version=1):
    """A revaluation is reversed on the first day of the next period: the balances have their carried values again.

    `n` is the revaluation's number in the period. `positions` maps each book to the position up to which its balances
    were summed.
    """

    reversed_on: date
    posted_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.reversed_on
