"""Open exceptions in sums: how many, how old, whose, and how much money they are about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import text

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Opened, Views
from projections.reconciliation.bank_sums import BANK
from projections.worklists.exceptions import Exceptions, source_of

# The size of a break is what is missing or too much, so a shortage and a surplus do not cancel. A stream of a provider
# or the bank names it.
_SUMS = f"""
SELECT e.kind, CASE split_part(e.stream, '/', 1) WHEN 'psp_batch' THEN split_part(e.stream, '/', 2)
                    WHEN 'unmatched' THEN split_part(e.stream, '/', 2)
                    WHEN 'bank_statement' THEN '{BANK}' WHEN 'bank_account' THEN '{BANK}' ELSE '' END AS source,
       e.currency, count(*), count(*) FILTER (WHERE e.owner = ''),
       coalesce(array_agg(DISTINCT e.owner) FILTER (WHERE e.owner <> ''), '{{{{}}}}'), min(e.since),
       coalesce(sum(abs(coalesce(e.waiting_minor, e.minor))), 0)
FROM ({{source}}) e
WHERE e.status = 'open' AND (CAST(:since_by AS date) IS NULL OR
                             (e.since AT TIME ZONE '{ACCOUNTING_ZONE}')::date <= :since_by)
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


class _Sum(NamedTuple):
    kind: str
    source: str
    currency: str
    breaks: int
    without_owner: int
    owners: list[str]
    since: datetime
    minor: int


@dataclass(frozen=True, slots=True)
class OpenBreaks:
    """The open exceptions of one kind. `amounts` has the sizes of their differences, summed by currency; one about no
    money adds nothing. `since` is that of the oldest."""

    kind: str
    breaks: int
    without_owner: int
    owners: tuple[str, ...]
    since: datetime
    amounts: tuple[Money, ...]


@dataclass(frozen=True, slots=True)
class Unexplained:
    """The money in open exceptions about the reports of a provider or the bank, by kind."""

    source: str
    kind: str
    amount: Money


def open_breaks(views: Views, timepoint: AsOf = NOW, *, since_by: date | None = None) -> list[OpenBreaks]:
    """Returns the open exceptions by kind: all, or those that arose by an accounting day.

    Raises `ViewBehind`, and ValueError for an instant in the future.
    """
    found = _sums(views, timepoint, since_by)
    return [_of_kind(kind, list(sums)) for kind, sums in groupby(found, key=lambda each: each.kind)]


def unexplained(views: Views, timepoint: AsOf = NOW) -> list[Unexplained]:
    """Returns the money in open exceptions about what others reported. Raises as `open_breaks` does."""
    found = _sums(views, timepoint, None)
    return [
        Unexplained(each.source, each.kind, Money(each.minor, each.currency))
        for each in found
        if each.source and each.currency and each.minor
    ]


def _sums(views: Views, timepoint: AsOf, since_by: date | None) -> list[_Sum]:
    at = timepoint.positions(views)

    def query(opened: Opened) -> list[_Sum]:
        vector = opened.upto(at)
        known = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of}
        statement = text(_SUMS.format(source=source_of(opened, timepoint, at)))
        return [_Sum(*row) for row in opened.connection.execute(statement, known | {"since_by": since_by})]

    wanted = timepoint.wanted(at)
    return views.read(Exceptions(), query, at_least=wanted, timeout_s=timepoint.timeout_s)


def _of_kind(kind: str, sums: Iterable[_Sum]) -> OpenBreaks:
    sums = list(sums)
    amounts: dict[str, int] = {}
    for each in sums:
        if each.currency:
            amounts[each.currency] = amounts.get(each.currency, 0) + int(each.minor)
    return OpenBreaks(
        kind=kind,
        breaks=sum(each.breaks for each in sums),
        without_owner=sum(each.without_owner for each in sums),
        owners=tuple(sorted({owner for each in sums for owner in each.owners})),
        since=min(each.since for each in sums),
        amounts=tuple(Money(minor, currency) for currency, minor in sorted(amounts.items()) if minor),
    )
