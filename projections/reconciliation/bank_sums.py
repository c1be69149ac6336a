"""Sums of the movements that the bank is expected to show: expected, shown, and missing."""

from __future__ import annotations

from datetime import date

from sqlalchemy import text

from projections.balances.balances import NOW, AsOf
from projections.engine.views import Opened, Views
from projections.reconciliation.expected_at_bank import EXPECTED, MOVEMENTS, SHOWN, ExpectedAtBank
from projections.reconciliation.provider_sums import ReportedSum, reported_sum

BANK = "bank"
_SUMS = f"""
SELECT kind, currency, sum(minor), coalesce(sum(minor) FILTER (WHERE entry IS NOT NULL), 0),
       coalesce(sum(minor) FILTER (WHERE entry IS NULL AND expected_on < :before), 0)
FROM ({MOVEMENTS}) AS movements
WHERE names_it AND expected_on <= :until AND (entry IS NULL OR shown_on >= :first)
GROUP BY 1, 2 ORDER BY 1, 2
"""


def bank_sums(views: Views, timepoint: AsOf = NOW, *, first: date, until: date, before: date) -> list[ReportedSum]:
    """Returns the sums of a period from its first day to `until`, by kind and currency; positive for incoming money. An
    open movement that was expected before the day `before` is short. Raises `ViewBehind`."""
    at = timepoint.positions(views)

    def query(opened: Opened) -> list[ReportedSum]:
        names = {"expected": opened.generation.stored_name(EXPECTED), "shown": opened.generation.stored_name(SHOWN)}
        vector = opened.upto(at)
        known = {"books": list(vector), "positions": list(vector.values()), "platform": vector.get(0, 0)}
        days = {"as_of": timepoint.as_of, "first": first, "until": until, "before": before}
        found = opened.connection.execute(text(_SUMS.format(**names)), known | days)
        return [reported_sum(BANK, *row) for row in found]

    wanted = timepoint.wanted(at)
    return views.read(ExpectedAtBank(), query, at_least=wanted, timeout_s=timepoint.timeout_s)
