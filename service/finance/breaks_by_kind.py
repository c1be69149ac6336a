"""Open breaks by kind with their value in CNY, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from ledger.accounting_days import accounting_day
from ledger.fx import CNY, Rate
from ledger.money import Money
from ledger.refusals.catalogue import RateMissing
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Views
from projections.worklists.break_totals import OpenBreaks, open_breaks
from service.app import App


@dataclass(frozen=True, slots=True)
class BreaksOfKind:
    """The open breaks of one kind: how many, how many have no owner, the owners of the others, and the instant when the
    oldest arose.

    `amounts` are the sizes of the differences, summed by currency. `base` is their value in CNY at the book rates of
    the day; an amount without a rate adds nothing to it.
    """

    kind: str
    breaks: int
    without_owner: int
    owners: tuple[str, ...]
    since: datetime
    amounts: tuple[Money, ...]
    base: Money


def breaks_by_kind(app: App, views: Views, timepoint: AsOf = NOW) -> list[BreaksOfKind]:
    """Returns the open breaks and unmatched items, the greatest value first, then the most. Raises `ViewBehind`."""
    found = open_breaks(views, timepoint)
    day = timepoint.as_of or accounting_day(timepoint.as_known_at or app.clock())
    rates = _rates(app, {amount.currency for each in found for amount in each.amounts}, day)
    return sorted(
        (_valued(each, rates) for each in found), key=lambda each: (-each.base.minor, -each.breaks, each.kind)
    )


def _rates(app: App, currencies: Iterable[str], day: date) -> dict[str, Rate]:
    reference, known = app.bus.reference(), {}
    for currency in currencies:
        try:
            known[currency] = reference.rate(currency, "book", day)
        except RateMissing:
            continue
    return known


def _valued(found: OpenBreaks, rates: Mapping[str, Rate]) -> BreaksOfKind:
    fen = sum(rates[amount.currency].convert(amount).minor for amount in found.amounts if amount.currency in rates)
    return BreaksOfKind(
        kind=found.kind,
        breaks=found.breaks,
        without_owner=found.without_owner,
        owners=found.owners,
        since=found.since,
        amounts=found.amounts,
        base=Money(fen, CNY),
    )
