"""Sums of the charges and refunds that providers settle: expected, settled, and missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text

from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Opened, Views
from projections.reconciliation.psp_references import REFERENCES, PspReferences
from projections.reconciliation.unmatched_psp_lines import UNMATCHED_LINES

# A line that was settled later was unsettled at that time. The money of an unmatched capture that an order has taken
# is expected with the order.
_SUMS = """
WITH v AS (
    SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
),
lines AS (
    SELECT r.psp, r.kind, r.currency, r.minor, r.since, r.settled_on,
           r.batch_ref <> '' AND r.settled_position <= v.position
           AND (CAST(:as_of AS date) IS NULL OR r.settled_on <= :as_of) AS settled
    FROM v JOIN {references} r ON r.book = v.book AND NOT r.deleted AND r.kind IN ('charge', 'refund')
        AND r.since_position <= v.position AND r.since <= :until
    UNION ALL
    SELECT i.psp, i.kind, i.currency, i.minor, i.since, i.ended_on,
           i.ended_by <> '' AND i.ended_position <= v.position
           AND (CAST(:as_of AS date) IS NULL OR i.ended_on <= :as_of)
    FROM v JOIN {of_unmatched} i ON i.book = v.book AND NOT i.deleted AND i.since <= :until
        AND i.since_position <= v.position
    WHERE NOT (i.ended_by LIKE 'order/%' AND i.ended_position <= v.position)
)
SELECT psp, kind, currency, sum(minor), coalesce(sum(minor) FILTER (WHERE settled), 0),
       coalesce(sum(minor) FILTER (WHERE NOT settled AND since < :before), 0)
FROM lines WHERE NOT settled OR settled_on >= :first
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class ReportedSum:
    """The money of one kind that a provider or the bank is expected to report in a period: `expected` is what was open
    before the period and what arose in it, `shown` the part that was reported, `short` the part that is overdue."""

    source: str
    kind: str
    expected: Money
    shown: Money
    short: Money


def provider_sums(views: Views, timepoint: AsOf = NOW, *, first: date, until: date, before: date) -> list[ReportedSum]:
    """Returns the sums of a period from its first day to `until`, by provider, kind and currency. An open line from
    before the day `before` is short. Raises `ViewBehind`."""
    at = timepoint.positions(views)

    def query(opened: Opened) -> list[ReportedSum]:
        names = {"references": REFERENCES, "of_unmatched": UNMATCHED_LINES}
        stored = {name: opened.generation.stored_name(table) for name, table in names.items()}
        vector = opened.upto(at)
        known = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of}
        days = {"first": first, "until": until, "before": before}
        found = opened.connection.execute(text(_SUMS.format(**stored)), known | days)
        return [reported_sum(*row) for row in found]

    wanted = timepoint.wanted(at)
    return views.read(PspReferences(), query, at_least=wanted, timeout_s=timepoint.timeout_s)


def reported_sum(source: str, kind: str, currency: str, *minors: int) -> ReportedSum:
    expected, shown, short = (Money(int(minor), currency) for minor in minors)
    return ReportedSum(source, kind, expected, shown, short)
