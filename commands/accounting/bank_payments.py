"""Payables paid from the bank (P21, P22): carrying amount, cash value, and the FX difference."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from pydantic import model_validator

from commands.command import Report
from commands.contradictions import break_once, in_minor
from commands.fields import PositiveMoney
from commands.rates import stale_rate
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.fx import CNY, Rate
from ledger.instants import Day
from ledger.money import Money
from ledger.references import ReferenceOrNothing
from ledger.streams.platform_money import BankMovement


class BankPaymentReport(Report):
    """The bank has paid `cash` for a payable of `amount`; by default `cash` is the same as `amount`.

    `carried` is the payable's carrying amount in CNY, and `cash_carried` that of the cash on a foreign account. The
    default of both is the value at the book rate of the day.
    """

    amount: PositiveMoney
    cash: PositiveMoney | None = None
    carried: PositiveMoney | None = None
    cash_carried: PositiveMoney | None = None
    bank_ref: ReferenceOrNothing = ""
    value_date: Day | None = None

    @model_validator(mode="after")
    def _is_carried_in_cny(self) -> Self:
        for given, money in ((self.carried, self.amount), (self.cash_carried, self.paid)):
            if given and given.currency != CNY:
                raise ValueError("carried and cash_carried are in CNY")
            if given and money.currency == CNY and given != money:
                raise ValueError("the carried value of a CNY amount must equal the amount: leave it out")
        return self

    @property
    def paid(self) -> Money:
        return self.cash or self.amount

    def valuation(self, rules: Rules) -> dict[str, Any]:
        """Returns the event's fields for amounts, carrying amounts and rates. Raises `RateMissing`."""
        day = accounting_day(self.happened_at)
        payable = valued(self.amount, self.carried, rules, day)
        cash = valued(self.paid, self.cash_carried, rules, day)
        return {
            "amount": self.amount,
            "carried": payable.base,
            "carried_rate": payable.rate,
            "cash": self.paid,
            "base": cash.base,
            "base_rate": cash.rate,
            "fx": cash.base - payable.base,
            "bank_ref": self.bank_ref,
            "value_date": self.value_date or day,
        }


@dataclass(frozen=True, slots=True)
class Valued:
    """An amount's value in CNY, and its rate if a book rate gives the value."""

    base: Money
    rate: Rate | None = None


def valued(money: Money, carried: Money | None, rules: Rules, day: date) -> Valued:
    """Returns the value in CNY: the amount itself, its carrying amount, or its value at the day's book rate."""
    if money.currency == CNY:
        return Valued(money)
    if carried:
        return Valued(carried)
    rate = rules.rate(money.currency, "book", day)
    return Valued(rate.convert(money), rate)


def flagged_if_stale(report: Report, known: BankMovement, rules: Rules, *rates: Rate | None) -> Iterator[Event]:
    """Opens a break for each rate of the movement that is older than a decision may use."""
    day, about = accounting_day(report.happened_at), {"reference": known.name.replace("/", ".")}
    for rate in {rate.pair: rate for rate in rates if rate}.values():
        yield from stale_rate(known.known_breaks, rate, rules, day=day, at=report.decided_at, **about)


def reported_again(report: Report, known: BankMovement, moved: tuple[Money, Money]) -> Iterator[Event]:
    """Opens a break if the same reference is reported with another amount; else yields nothing."""
    assert known.moved is not None, "it was reported before"
    if known.moved == moved:
        return
    yield from break_once(
        known.known_breaks,
        kind="amount_mismatch",
        expected=" for ".join(str(money) for money in reversed(known.moved)),
        actual=" for ".join(str(money) for money in reversed(moved)),
        refs={
            "reference": known.name.replace("/", "."),
            "amounts": "-".join(map(in_minor, moved)),
        },
        at=report.decided_at,
    )
