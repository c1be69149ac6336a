"""Revaluing foreign balances at the end of a period, and back on the first day of the next (P19)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, model_validator

from commands.accounting.periods import check_over
from commands.command import Command
from commands.limits import SUMS, Limits
from commands.rates import rate_of_day
from commands.rules import Rules
from ledger.calendar_months import first_day, last_day, month_after
from ledger.events.event import Event
from ledger.events.platform_money import FxRevaluationPosted, FxRevaluationReversed, RevaluedBalance
from ledger.fx import CNY
from ledger.ids import Id, revaluation_stream
from ledger.instants import Month
from ledger.journal.accounts import (
    BANK_FOREIGN,
    BUYER_FUNDS,
    CLAIMS_RECEIVABLE,
    DISPUTED_FUNDS,
    PARTNER_PAYABLE,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
    TAX_PAYABLE,
)
from ledger.money import Money
from ledger.numbers import Count, Position
from ledger.refusals.finance import PeriodClosed, RevaluationOutdated
from ledger.streams.platform_money import Revaluations

MONETARY = frozenset(
    account.code
    for account in (
        BANK_FOREIGN, PSP_RECEIVABLE, DISPUTED_FUNDS, CLAIMS_RECEIVABLE,
        REFUNDS_PAYABLE, BUYER_FUNDS, PARTNER_PAYABLE, TAX_PAYABLE,
    )
)  # fmt: skip


def _monetary(code: str) -> str:
    if code not in MONETARY:
        raise ValueError(f"the account {code} holds no money to be revalued")
    return code


class ForeignBalance(BaseModel):
    """A balance over all books, debit positive, and its CNY value, as they stand on the period's last day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: Annotated[Id, AfterValidator(_monetary)]
    psp: Id | None = None
    balance: Money
    carried: Money

    @model_validator(mode="after")
    def _is_foreign(self) -> Self:
        if self.balance.currency == CNY or self.carried.currency != CNY:
            raise ValueError("a foreign balance is carried at its value in CNY")
        return self


class PostFxRevaluation(Command, name="post_fx_revaluation"):
    """The balances of a period's end as a service read them, up to these positions of the books. A rate older than a
    decision may use is refused: the period's last day needs one of its own.

    `includes` says how many revaluations of the period they have in them already, so that none is posted twice.
    """

    limits: ClassVar[Limits] = SUMS

    period: Month
    balances: tuple[ForeignBalance, ...]
    positions: dict[Count, Position]
    includes: Position = 0

    @property
    def stream(self) -> str:
        return revaluation_stream(self.period)


def decide(command: PostFxRevaluation, revaluations: Revaluations, rules: Rules) -> Iterator[Event]:
    as_of = last_day(command.period)
    check_over(command, command.period)
    if as_of < rules.open_day:
        raise PeriodClosed(day=as_of, first_open_day=rules.open_day)
    if command.includes != revaluations.posted:
        raise RevaluationOutdated(period=command.period, included=command.includes, posted=revaluations.posted)
    balances = tuple(each for given in command.balances if (each := _revalued(given, rules, as_of)).difference)
    if not balances:
        return
    shown = {"period": command.period, "n": revaluations.posted + 1, "balances": balances}
    shown |= {"positions": command.positions, "posted_at": command.decided_at}
    yield FxRevaluationPosted(**shown, as_of=as_of)
    yield FxRevaluationReversed(**shown, reversed_on=first_day(month_after(command.period)))


def _revalued(balance: ForeignBalance, rules: Rules, as_of: date) -> RevaluedBalance:
    rate = rate_of_day(rules, balance.balance.currency, as_of)
    revalued = rate.convert(balance.balance)
    return RevaluedBalance(
        account=balance.account,
        psp=balance.psp,
        balance=balance.balance,
        carried=balance.carried,
        rate=rate,
        revalued=revalued,
        difference=revalued - balance.carried,
    )
