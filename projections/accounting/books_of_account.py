"""The trial balance of a period, read from the turnovers of all accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import text

from ledger.fx import CNY
from ledger.journal.accounts import CHART
from ledger.money import Money
from projections.accounting.account_turnovers import DAYS, MONTHS, MOVES, SUMS, AccountTurnovers
from projections.balances.balances import NOW, AsOf
from projections.engine.vector import position_in
from projections.engine.views import Opened, Views

PROJECTION = AccountTurnovers()

_V = "unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)"
_POSITION = position_in("d.book")
_SUMS = ", ".join(SUMS)
_WITHIN_DAY = ", ".join(f"sum(t.{name}) AS {name}" for name in SUMS)
_DAY = ", ".join(f"CASE WHEN d.changed_at_position <= v.position THEN d.{name} ELSE t.{name} END" for name in SUMS)
# A later event changed this day: sum the moves up to the position. The condition is inside the subquery, so that
# PostgreSQL does not run it for other days.
_KNOWN = f"""CROSS JOIN LATERAL (
    SELECT {_WITHIN_DAY} FROM {{moves}} t
    WHERE d.changed_at_position > {_POSITION} AND t.book = d.book AND t.account = d.account
      AND t.currency = d.currency AND t.accounting_date = d.accounting_date
      AND t.position BETWEEN d.first_position AND {_POSITION}
) t"""
# Months that were complete at the position count as a whole; all others are summed from their days.
_TURNOVERS = f"""
SELECT account, currency, before, sum(debit), sum(credit), sum(debit_base), sum(credit_base) FROM (
    SELECT m.account, m.currency, true AS before, {", ".join(f"m.{name}" for name in SUMS)}
    FROM {_V} JOIN {{months}} m ON m.book = v.book
    WHERE m.month < :first_month AND m.changed_at_position <= v.position
    UNION ALL
    SELECT d.account, d.currency, true, {_DAY}
    FROM {_V} JOIN {{months}} m ON m.book = v.book
    JOIN {{days}} d ON d.book = m.book AND d.account = m.account AND d.currency = m.currency
      AND d.accounting_date >= m.month AND d.accounting_date < m.month + interval '1 month'
    {_KNOWN}
    WHERE m.month < :first_month AND m.changed_at_position > v.position AND m.first_position <= v.position
      AND d.first_position <= v.position
    UNION ALL
    SELECT d.account, d.currency, d.accounting_date < :since, {_DAY}
    FROM {_V} JOIN {{days}} d ON d.book = v.book
    {_KNOWN}
    WHERE d.accounting_date BETWEEN :first_month AND :as_of AND d.first_position <= v.position
) AS x(account, currency, before, {_SUMS}) GROUP BY 1, 2, 3 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Turnover:
    """The turnover of one account in one currency over a period.

    Opening and closing are positive for a debit balance.
    """

    account: str
    title: str
    currency: str
    opening: Money
    debit: Money
    credit: Money
    closing: Money
    opening_base: Money
    debit_base: Money
    credit_base: Money
    closing_base: Money


@dataclass(frozen=True, slots=True)
class TurnoverBalance:
    """The trial balance: every account posted to by the end of the period.

    `total` sums `closing_base` and is zero in CNY.
    """

    since: date
    as_of: date
    rows: tuple[Turnover, ...]
    total: Money
    vector: dict[int, int]


def turnover_balance(views: Views, timepoint: AsOf = NOW, *, since: date | None = None) -> TurnoverBalance:
    """Returns the trial balance up to an accounting day, by default the last day with a posting.

    `since` is the first day of the period, by default the first of that day's month. Raises `ViewBehind`, and
    ValueError if `as_known_at` is in the future or the period ends before it begins.
    """
    at = timepoint.positions(views)

    def query(opened: Opened) -> TurnoverBalance:
        vector = opened.upto(at)
        as_of = timepoint.as_of or max(_last_day(opened, vector), since or date.min)
        first = since or as_of.replace(day=1)
        if as_of < first:
            raise ValueError(f"The period begins on {first}, after its last day {as_of}: name an earlier first day")
        values = {"first_month": first.replace(day=1), "since": first, "as_of": as_of}
        found = opened.connection.execute(text(_TURNOVERS.format(**_names(opened))), values | _positions(vector))
        rows = tuple(_turnovers(found))
        return TurnoverBalance(first, as_of, rows, Money(sum(row.closing_base.minor for row in rows), CNY), vector)

    return views.read(PROJECTION, query, at_least=_at_least(timepoint, at), timeout_s=timepoint.timeout_s)


def _at_least(timepoint: AsOf, at: dict[int, int] | None) -> dict[int, int]:
    wanted = dict(timepoint.at_least or {})
    for book, position in (at or {}).items():
        wanted[book] = max(position, wanted.get(book, 0))
    return wanted


def _last_day(opened: Opened, vector: dict[int, int]) -> date:
    """Returns the last day with a posting at these positions, or 1970-01-01 if there is none."""
    days = opened.generation.stored_name(DAYS)
    statement = (
        f"SELECT max(d.accounting_date) FROM {_V} JOIN {days} d ON d.book = v.book AND d.first_position <= v.position"
    )
    found = opened.connection.execute(text(statement), _positions(vector)).scalar()
    return found if isinstance(found, date) else date(1970, 1, 1)


def _positions(vector: dict[int, int]) -> dict[str, Any]:
    return {"books": list(vector), "positions": list(vector.values())}


def _names(opened: Opened) -> dict[str, str]:
    stored = opened.generation.stored_name
    return {"months": stored(MONTHS), "days": stored(DAYS), "moves": stored(MOVES)}


def _turnovers(found: Iterable[Any]) -> Iterable[Turnover]:
    by_account: dict[tuple[str, str], dict[bool, list[int]]] = {}
    for account, currency, before, *sums in found:
        by_account.setdefault((account, currency), {})[before] = [int(value) for value in sums]
    nothing = [0, 0, 0, 0]
    for (account, currency), parts in by_account.items():
        before, within = parts.get(True, nothing), parts.get(False, nothing)
        opening, opening_base = before[0] - before[1], before[2] - before[3]
        yield Turnover(
            account=account,
            title=CHART[account].title,
            currency=currency,
            opening=Money(opening, currency),
            debit=Money(within[0], currency),
            credit=Money(within[1], currency),
            closing=Money(opening + within[0] - within[1], currency),
            opening_base=Money(opening_base, CNY),
            debit_base=Money(within[2], CNY),
            credit_base=Money(within[3], CNY),
            closing_base=Money(opening_base + within[2] - within[3], CNY),
        )
