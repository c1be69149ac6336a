"""Expected money: what providers and the bank should report in a month, what they reported, and what is missing or
unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from ledger.accounting_days import accounting_day
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Views
from projections.reconciliation.bank_sums import bank_sums
from projections.reconciliation.provider_sums import provider_sums
from projections.worklists.break_totals import unexplained
from service.app import App


@dataclass(frozen=True, slots=True)
class ExpectedMoney:
    """The money of one kind at a provider, or at the bank.

    `expected` is what was open at the beginning of the month and what arose since; `shown` the part that was reported;
    `short` the part that should have been reported by now. `unexplained` is the money in open breaks about reports of
    the source: a row of its own, with the kind of the breaks.
    """

    source: str
    kind: str
    expected: Money
    shown: Money
    short: Money
    unexplained: Money

    @property
    def currency(self) -> str:
        return self.expected.currency


def expected_money(app: App, views: Views, timepoint: AsOf = NOW, *, grace_days: int) -> list[ExpectedMoney]:
    """Returns the money by source, kind and currency, at the end of a day or now. Raises `ViewBehind`."""
    until = timepoint.as_of or accounting_day(timepoint.as_known_at or app.clock())
    first, before = until.replace(day=1), until - timedelta(days=grace_days)
    found = [
        ExpectedMoney(each.source, each.kind, each.expected, each.shown, each.short, Money.zero(each.expected.currency))
        for sums in (provider_sums, bank_sums)
        for each in sums(views, timepoint, first=first, until=until, before=before)
    ]
    for each in unexplained(views, timepoint):
        zero = Money.zero(each.amount.currency)
        found.append(ExpectedMoney(each.source, each.kind, zero, zero, zero, each.amount))
    return found
