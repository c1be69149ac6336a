"""Providers settle with the platform: what a batch paid for the captures, refunds and disputes of each order (P3)."""

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
    """One line of a provider's report, in the provider's signs: gross − fee = net, positive is paid to us.

    `reference` is the capture, refund or dispute it settles; a fee names none. `cleared` is what that stood at in 1110
    (CNY, same sign as gross), `fee_base` and `cash` follow from the provider's own rates, and
    `fx` = cleared − fee_base − cash (positive is a loss). A provider may settle in another currency than it charged:
    `gross` is then in the buyer's, `fee` and `net` in the one it settles in. `deposit` is the net that a foreign
    account got (1020, at `cash`); without it, the line was paid out in CNY (1010).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    psp_ref: Id
    kind: SettledKind
    reference: str
    gross: Money
    fee: Money
    net: Money
    rate: Rate  # of gross, or of net
    fee_rate: Rate | None = None  # where the fee is in another currency
    cleared: Money
    fee_base: Money
    cash: Money  # CNY
    fx: Money
    deposit: Money | None = Field(default=None, exclude_if=is_absent)


class PspSettlementReceived(Event, name="psp_settlement.received", version=1):
    """The provider has paid for these lines of the order, as a part of one batch."""

    merchant_id: Id
    order_id: Id
    psp: Id
    batch_ref: Id
    lines: tuple[SettledLine, ...]
    cash: Money  # CNY, of all lines
    bank_entry_ref: str
    value_date: date


class SettlementMatch(Event):
    """A line that was settled before its capture, refund or dispute was known turns out to be the settlement of it.

    `settled` stood in 1110 at `settled_base`, the item stood there at `cleared_base` (both signed as in the provider's
    report); `fx` = cleared_base − settled_base, all in CNY. `posted_on` is the day by which both were known.
    """

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
    """What the provider settled of the order before we knew of it is no longer extra, nor expected."""

    merchant_id: Id
    order_id: Id


class BatchTotal(BaseModel):
    """What a batch comes to in one currency, the lines of orders included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    gross: Money
    fee: Money
    net: Money


class BatchLine(BaseModel):
    """A line of a batch that belongs to no order: a fee of the account, at the provider's rate."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    psp_ref: Id
    kind: Literal["fee"]
    amount: Money
    rate: Rate
    base: Money


class PspSettlementReported(Event, name="psp_settlement.reported", version=1):
    """A provider's batch as a whole. Posts only what belongs to no order: its own fees, and the rounding of one deposit
    for many lines.

    `digest` is the report's (SHA-256); `orders_cash` what the lines of orders come to, `cash` what the bank got, both
    CNY: orders_cash = Σ fees.base + rounding + cash, but for a break. `deposit` is what a foreign account got, and
    `cash` then what that came to.
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
