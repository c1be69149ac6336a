"""The platform's own money: payables paid, currency converted and revalued, buyers' money given back."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from ledger.events.event import Event
from ledger.events.periods import Period
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _PaidFromBank(Event):
    """A payable settled from the bank. All CNY: what the payable was `carried` at, what the cash stood at (`base`),
    and `fx`, which is the loss between the two. A rate is kept where one of them follows from it.
    """

    amount: Money  # of the payable
    carried: Money
    cash: Money  # as it left the bank, in the account's currency
    base: Money
    fx: Money
    carried_rate: Rate | None
    base_rate: Rate | None
    bank_ref: str
    value_date: date


class PartnerInvoicePaid(_PaidFromBank, name="partner_invoice.paid", version=1):
    """A logistics partner has the money for an invoice, or for part of one."""

    partner: Id
    payment_ref: Id
    invoice_refs: tuple[str, ...]


class TaxRemitted(_PaidFromBank, name="tax.remitted", version=1):
    """A tax office has the sales tax or duty that buyers paid to us."""

    authority: Id
    payment_ref: Id
    market: str
    tax_period: str


class BankFxConverted(Event, name="bank.fx_converted", version=1):
    """The bank changed one currency into another; one of the two is CNY.

    `carried` is what the foreign money stood at, in CNY (where it is bought, what it cost), `fx` the loss realised.
    """

    bank_ref: Id
    sold: Money
    bought: Money
    carried: Money
    fx: Money
    book_rate: Rate | None  # where `carried` follows from it
    value_date: date


class UnmatchedFundsRefunded(Event, name="unmatched.funds_refunded", version=1):
    """Money that belongs to no order is owed back to who paid it, at the value it was taken in with."""

    refund_id: Id
    psp: Id
    capture_ref: Id
    payment_id: Id | None
    amount: Money
    base: Money
    reason: Id
    refunded_at: datetime


class UnmatchedRefundPaid(Event, name="unmatched.refund_paid", version=1):
    """The provider has paid money of no order back; `carried` is what we owed, `base` what it cost, in CNY."""

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
    """A foreign balance (debit positive) at the rate of the period's end; `difference` is what its value gained."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Id
    psp: Id | None = None
    balance: Money
    carried: Money  # CNY
    rate: Rate
    revalued: Money  # CNY
    difference: Money  # CNY


class _Revaluation(Event):
    """Which balances were looked at, up to which position of each book."""

    period: Period
    n: int  # the how many-th of the period
    balances: tuple[RevaluedBalance, ...]
    positions: dict[int, int]


class FxRevaluationPosted(_Revaluation, name="fx.revaluation_posted", version=1):
    """Monetary balances stand at the rates of the period's last day."""

    as_of: date
    posted_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.as_of


class FxRevaluationReversed(_Revaluation, name="fx.revaluation_reversed", version=1):
    """On the first day of the next period the balances stand at what they were taken in with again."""

    reversed_on: date
    posted_at: datetime

    @property
    def posts_on(self) -> date | None:
        return self.reversed_on
