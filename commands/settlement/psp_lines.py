"""Lines of a provider's settlement report, with its signs: gross − fee = net, and positive is paid to us."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commands.command import Report
from commands.fields import CurrencyCode
from ledger.accounting_days import accounting_day
from ledger.events.psp_settlement import SettledKind
from ledger.fx import CNY, NO_CNY, Rate, unity
from ledger.instants import Day
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing


class PspLine(BaseModel):
    """One line. `reference` is the capture, refund or dispute that it settles; the default is `psp_ref`. `also` are
    other references of it, such as its payment: one of them is used if only that one is known.

    `gross` is in the buyer's currency; `fee` and `net` may be in the currency of settlement. `rate` is the provider's:
    CNY for one unit of gross, or of net if they differ. `cash` is the value in CNY if the report states it. A fee line
    may state its amount in `gross` or in `fee`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    psp_ref: Reference
    kind: SettledKind
    reference: Reference | None = None
    also: tuple[Reference, ...] = ()
    gross: Money
    fee: Money
    net: Money
    rate: Rate | None = None
    fee_rate: Rate | None = None
    cash: Money | None = None

    @model_validator(mode="after")
    def _adds_up(self) -> PspLine:
        currency = self.gross.currency
        if self.fee.currency == currency == self.net.currency and self.gross - self.fee != self.net:
            raise ValueError(f"line {self.psp_ref}: {self.gross} less {self.fee} is not {self.net}")
        if self.cash is not None and self.cash.currency != CNY:
            raise ValueError(f"line {self.psp_ref}: cash is in CNY, the amount that our bank received")
        settled_in = self.net.currency if self.cash is None or self._is_rate_of_net else currency
        _expect(self.psp_ref, self.rate, settled_in)
        if self.fee_rate or (self._booked_fee and self.fee.currency != settled_in):
            _expect(self.psp_ref, self.fee_rate, self.fee.currency)
        return self

    @property
    def _is_rate_of_net(self) -> bool:
        return self.rate is not None and self.rate.base == self.net.currency

    @property
    def _is_fee_in_gross(self) -> bool:
        return self.kind == "fee" and bool(self.gross) and self.fee.currency == self.gross.currency

    @property
    def _booked_fee(self) -> Money:
        return self.fee - self.gross if self._is_fee_in_gross else self.fee

    @property
    def settles(self) -> str:
        return self.reference or self.psp_ref

    def rate_on(self, day: date) -> Rate:
        return self.rate or unity(CNY, day)

    def fee_base(self, day: date) -> Money:
        """Returns the fee in CNY."""
        if not self.fee:
            return NO_CNY
        own = self.rate_on(day)
        own = own if self.fee.currency == own.base else unity(self.fee.currency, day)
        return (self.fee_rate or own).convert(self.fee)

    def gross_base(self, day: date) -> Money:
        """Returns the gross in CNY: at the provider's rate, or as cash plus fee."""
        rate = self.rate_on(day)
        return rate.convert(self.gross) if rate.base == self.gross.currency else self.cash_on(day) + self.fee_base(day)

    def cash_on(self, day: date) -> Money:
        """Returns the line's value in CNY: as reported, else by its rate."""
        return self.cash if self.cash is not None else self.rate_on(day).convert(self.net)

    def parts(self, day: date) -> Iterator[PspLine]:
        """Yields the lines to book: a fee is moved to `fee`, and the fee of a dispute becomes a line of its own."""
        if self._is_fee_in_gross:
            yield self.model_copy(update={"gross": Money(0, self.gross.currency), "fee": self._booked_fee})
        elif self.kind == "dispute" and self.fee and self.fee.currency == self.net.currency:
            fee_cash, no_fee = -self.fee_base(day), Money(0, self.fee.currency)
            bare = {"fee": no_fee, "net": self.net + self.fee, "cash": self.cash_on(day) - fee_cash}
            yield self.model_copy(update=bare)
            yield self.model_copy(
                update={
                    "kind": "dispute_fee",
                    "reference": self.settles,
                    "gross": -self.fee,
                    "fee": no_fee,
                    "net": -self.fee,
                    "cash": fee_cash,
                }
            )
        else:
            yield self


class BatchPart(Report):
    """Lines of one batch of a provider that are reported together.

    `payout_currency` is the currency of the batch's payout: CNY, or that of the lines' net. Without it, lines are paid
    out in CNY, except those settled in another currency than the buyer was charged in.
    """

    batch_ref: Reference
    lines: Annotated[tuple[PspLine, ...], Field(min_length=1)]
    bank_entry_ref: ReferenceOrNothing = ""
    value_date: Day | None = None
    payout_currency: CurrencyCode | None = None

    @property
    def day(self) -> date:
        return self.value_date or accounting_day(self.happened_at)


def _expect(psp_ref: str, rate: Rate | None, currency: str) -> None:
    if rate is None and currency != CNY:
        raise ValueError(f"line {psp_ref}: {currency} needs the provider's rate to CNY")
    if rate and (rate.base, rate.quote, rate.kind) != (currency, CNY, "provider_settlement"):
        raise ValueError(f"line {psp_ref}: a provider_settlement rate of {currency}/{CNY} is needed, not {rate.pair}")
