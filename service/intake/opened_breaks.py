"""Counts the breaks and the unmatched items that an import added."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Engine, text

from commands.bus.outcome import Outcome
from ledger.events.platform import UnmatchedFactReported, UnmatchedPaymentCaptured
from ledger.events.settlement import ReconciliationBreakOpened

_COUNT = """
SELECT count(*) FILTER (WHERE e.type = :opened), count(*) FILTER (WHERE e.type = ANY(:unmatched))
FROM unnest(CAST(:books AS integer[]), CAST(:first AS bigint[]), CAST(:last AS bigint[])) AS c(book, first, last)
JOIN log.events e ON e.book = c.book AND e.book = ANY(:books) AND e.position BETWEEN c.first AND c.last
"""
_UNMATCHED = [UnmatchedFactReported.name, UnmatchedPaymentCaptured.name]


def opened_by(engine: Engine, outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Returns the number of breaks opened and of unmatched items added by these outcomes. Repeated commands are left
    out.
    """
    recorded = [outcome for outcome in outcomes if outcome.status == "recorded" and not outcome.repeated]
    asked = {"books": [each.book for each in recorded]}
    asked |= {"first": [each.first for each in recorded], "last": [each.last for each in recorded]}
    with engine.connect() as connection:
        found = connection.execute(
            text(_COUNT), {**asked, "opened": ReconciliationBreakOpened.name, "unmatched": _UNMATCHED}
        )
        breaks, unmatched = found.one()
    return breaks, unmatched
