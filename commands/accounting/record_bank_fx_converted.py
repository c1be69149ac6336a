"""Recording that the bank exchanged money, or moved it between accounts of ours (P23)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from commands.accounting.bank_payments import Valued, flagged_if_stale, reported_again, valued
from commands.command import Report
from commands.fields import PositiveMoney
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.platform_money import BankFxConverted
from ledger.fx import CNY
from ledger.ids import conversion_stream
from ledger.instants import Day
from ledger.money import Money
from ledger.references import Reference
from ledger.streams.platform_money import BankMovement


class RecordBankFxConverted(Report, name="record_bank_fx_converted"):
    """`sold` left one account of ours, `bought` came into another; one of the two is CNY. In one currency it is a
    transfer, and both amounts are the same: the bank's charges for it are entries of their own.

    `carried` is what foreign money that is sold stood at in CNY; the day's book rate where it is left out. What is
    bought stands at what it cost.
    """

    bank_ref: Reference
    sold: PositiveMoney
    bought: PositiveMoney
    carried: PositiveMoney | None = None
    value_date: Day | None = None

    @model_validator(mode="after")
    def _is_against_cny(self) -> Self:
        if self.is_transfer:
            if self.sold != self.bought:
                raise ValueError("a transfer in one currency arrives with the amount that left")
        elif (self.sold.currency == CNY) == (self.bought.currency == CNY):
            raise ValueError("one of the two amounts is in CNY")
        if self.carried and (self.carried.currency != CNY or self.sold.currency == CNY):
            raise ValueError("what foreign money that is sold is carried at is in CNY")
        return self

    @property
    def is_transfer(self) -> bool:
        return self.sold.currency == self.bought.currency

    @property
    def stream(self) -> str:
        return conversion_stream(self.bank_ref)


def decide(report: RecordBankFxConverted, movement: BankMovement, rules: Rules) -> Iterator[Event]:
    if movement.moved:
        yield from reported_again(report, movement, (report.bought, report.sold))
        return
    day = accounting_day(report.happened_at)
    if report.sold.currency == CNY:
        stood, fx = Valued(report.sold), Money.zero(CNY)
    else:
        stood = valued(report.sold, report.carried, rules, day)
        fx = Money.zero(CNY) if report.is_transfer else stood.base - report.bought
    yield BankFxConverted(
        bank_ref=report.bank_ref,
        sold=report.sold,
        bought=report.bought,
        carried=stood.base,
        fx=fx,
        book_rate=stood.rate,
        value_date=report.value_date or day,
    )
    yield from flagged_if_stale(report, movement, rules, stood.rate)
