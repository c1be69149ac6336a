"""Provider settlements: what a batch paid for the captures, refunds and disputes of each order (P3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.events.event import Event, is_absent
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money

SettledKind = Literal["charge", "refund", "dispute", "dispute_fee", "fee"]


class SettledLine(BaseModel):
    """One line of a provider's settlement report, with the provider's signs: gross − fee = net; positive is paid to us.

    `reference` is the capture, refund or dispute that the line settles; a fee has none. `gross` is in the buyer's
    currency, `fee` and `net` in the settlement currency. `cleared` is the CNY value of the item in 1110, with the sign
    of gross. `fee_base` and `cash` are CNY at the provider's rates; `fx` = cleared − fee_base − cash (a loss is
    positive). `deposit` is the net that was paid to a foreign account (1020); without it the line was paid in CNY
    (1010).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    psp_ref: Id
    kind: SettledKind
    reference: str
    gross: Money
    fee: Money
    net: Money
    rate: Rate  # the provider's, of gross or of net
    fee_rate: Rate | None = None  # if the fee is in another currency
    cleared: Money
    fee_base: Money
    cash: Money  # CNY
    fx: Money
    deposit: Money | None = Field(default=None, exclude_if=is_absent)


class PspSettlementReceived(Event, name="psp_settlement.received", version=1):
    """The provider has paid these lines of the order, as a part of one batch. `cash` is their sum in CNY."""

    merchant_id: Id
    order_id: Id
    psp: Id
    batch_ref: Id
    lines: tuple[SettledLine, ...]
    cash: Money  # CNY, of all lines
    bank_entry_ref: str
    value_date: date


class SettlementMatch(Event):
    """A settled line is matched to its capture, refund or dispute, which became known later."""

    psp: Id
    batch_ref: Id
    kind: SettledKind
    reference: str
    settled: Money
    settled_base: Money
    cleared: Money
    cleared_base: Money
    fx: Money
    posted_on: date

    @property
    def posts_on(self) -> date | None:
        return self.posted_on


class PspSettlementMatched(SettlementMatch, name="psp_settlement.matched", version=1):
    """A line that a provider had settled before its item was known is matched to the item, in this order.

    The line stood in 1110 as `settled`, with the CNY value `settled_base`; the item as `cleared`, with `cleared_base`.
    Both have the signs of the report; `fx` = cleared_base − settled_base. The entry is booked on `posted_on`, when both
    were known. The line is no longer extra, and the item is no longer expected.
    """

    merchant_id: Id
    order_id: Id


class PspDepositMoved(Event, name="psp_settlement.deposit_moved", version=1):
    """The `deposit` of a settled line stands in a foreign account (1020), and no more in the CNY account (1010).

    The report did not say in which currency it paid, and the item was not known. The item is known now and is in
    another currency. `base` is the CNY value of the deposit at the provider's rate.
    """

    merchant_id: Id
    order_id: Id
    psp: Id
    batch_ref: Id
    psp_ref: Id
    deposit: Money
    base: Money
    posted_on: date

    @property
    def posts_on(self) -> date | None:
        return self.posted_on


class BatchTotal(BaseModel):
    """The totals of a batch in one currency, with the lines of orders."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gross: Money
    fee: Money
    net: Money


class BatchLine(BaseModel):
    """A line of a batch that belongs to no order: a fee of the account. `base` is `amount` in CNY at the provider's
    rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psp_ref: Id
    kind: Literal["fee"]
    amount: Money
    rate: Rate
    base: Money


class PspSettlementReported(Event, name="psp_settlement.reported", version=1):
    """A provider's batch as a whole. It posts the provider's own fees and the rounding of the deposit (P3).

    Lines of orders are posted in the orders' streams. `digest` is the SHA-256 of the report. `orders_cash` is the sum
    of the orders' lines, and `cash` what the bank received, both CNY. orders_cash = Σ fees.base + rounding + cash,
    unless a break is open. `deposit` is the amount that a foreign account received; then `cash` is its CNY value.
    """

    psp: Id
    batch_ref: Id
    digest: str
    line_count: int
    totals: tuple[BatchTotal, ...]
    fees: tuple[BatchLine, ...]
    orders_cash: Money
    cash: Money
    rounding: Money
    bank_entry_ref: str
    value_date: date
    reported_at: datetime
    deposit: Money | None = Field(default=None, exclude_if=is_absent)
