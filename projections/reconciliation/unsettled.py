"""Charges and refunds that providers have not settled, of orders and of unmatched captures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import RowMapping, text

from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import FROM_THE_FIRST, Opened, Vector, Views
from projections.keyset import WHOLE, Chunk
from projections.reconciliation.psp_references import REFERENCES, PspReferences
from projections.reconciliation.unmatched_psp_lines import UNMATCHED_LINES


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A charge or refund that no report has shown. `stream` is the order's, or the unmatched capture's."""

    reference: str
    psp: str
    kind: str
    merchant: str
    stream: str
    amount: Money
    since: date


# A line that was settled later was unsettled at that time.
_UNSETTLED = """
WITH v AS (
    SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[]), CAST(:since AS bigint[]))
        AS v(book, position, since)
)
SELECT r.reference, r.psp, r.kind, r.merchant, 'order/' || r.merchant || '/' || r.order_id AS stream, r.currency,
       r.minor, r.since
FROM v JOIN {references} r ON r.book = v.book AND r.changed_at_position > v.since AND NOT r.deleted
    AND r.since < :before
    AND r.kind IN ('charge', 'refund') AND r.since_position <= v.position
    AND (r.batch_ref = '' OR r.settled_position > v.position OR r.settled_on > CAST(:as_of AS date))
UNION ALL
SELECT i.reference, i.psp, i.kind, '', 'unmatched/' || i.psp || '/' || i.capture_ref, i.currency, i.minor, i.since
FROM v JOIN {of_unmatched} i ON i.book = v.book AND i.changed_at_position > v.since AND NOT i.deleted
    AND i.since < :before AND i.since_position <= v.position
    AND (i.ended_by = '' OR i.ended_position > v.position OR i.ended_on > CAST(:as_of AS date))"""


def unsettled(
    views: Views,
    timepoint: AsOf = NOW,
    *,
    before: date,
    since: Vector = FROM_THE_FIRST,
    chunk: Chunk = WHOLE,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[Unsettled]:
    """Returns the charges and refunds from before this day that no batch had settled, by day and stream. Only rows are
    read that changed after the positions `since`; `chunk` is a part of them. Raises `ViewBehind`."""
    at = timepoint.positions(views)
    statement, key = chunk.sql(_UNSETTLED, ("since", "stream"))

    def query(opened: Opened) -> list[Unsettled]:
        names = {"references": REFERENCES, "of_unmatched": UNMATCHED_LINES}
        stored = {name: opened.generation.stored_name(table) for name, table in names.items()}
        vector = opened.upto(at)
        asked = {"before": before, "as_of": timepoint.as_of} | key
        known = {
            "books": list(vector),
            "positions": list(vector.values()),
            "since": [since.get(book, 0) for book in vector],
        }
        found = opened.connection.execute(text(statement.format(**stored)), asked | known)
        return [_unsettled(row) for row in found.mappings()]

    wanted = timepoint.wanted(at, at_least)
    return views.read(PspReferences(), query, at_least=wanted, timeout_s=timeout_s)


def settling_providers(views: Views, *, since: Vector = FROM_THE_FIRST, timeout_s: float = 5.0) -> set[str]:
    """Returns the providers with at least one settlement, or one after the positions `since`; others send no reports.
    Raises `ViewBehind`."""

    def query(opened: Opened) -> set[str]:
        stored, vector = opened.generation.stored_name, opened.vector
        statement = f"""
            WITH v AS (SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:since AS bigint[])) AS v(book, since))
            SELECT psp FROM v JOIN {stored(REFERENCES)} r
              ON r.book = v.book AND r.changed_at_position > v.since AND batch_ref <> ''
            UNION SELECT psp FROM v JOIN {stored(UNMATCHED_LINES)} i
              ON i.book = v.book AND i.changed_at_position > v.since
             AND ended_by <> '' AND ended_by NOT LIKE 'order/%'"""
        values = {"books": list(vector), "since": [since.get(book, 0) for book in vector]}
        return {row[0] for row in opened.connection.execute(text(statement), values)}

    return views.read(PspReferences(), query, timeout_s=timeout_s)


def _unsettled(row: RowMapping) -> Unsettled:
    return Unsettled(
        reference=row["reference"],
        psp=row["psp"],
        kind=row["kind"],
        merchant=row["merchant"],
        stream=row["stream"],
        amount=Money(row["minor"], row["currency"]),
        since=row["since"],
    )
