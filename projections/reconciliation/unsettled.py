"""Charges and refunds that providers have not settled, of orders and of unmatched captures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import RowMapping, text

from ledger.ids import order_stream, unmatched_stream
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.views import Opened, Vector, Views
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
    SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
)
SELECT r.reference, r.psp, r.kind, r.merchant, r.order_id, '' AS capture_ref, r.currency, r.minor, r.since
FROM v JOIN {references} r ON r.book = v.book AND NOT r.deleted AND r.since < :before
    AND r.kind IN ('charge', 'refund') AND r.since_position <= v.position
    AND (r.batch_ref = '' OR r.settled_position > v.position OR r.settled_on > CAST(:as_of AS date))
UNION ALL
SELECT i.reference, i.psp, i.kind, '', '', i.capture_ref, i.currency, i.minor, i.since
FROM v JOIN {of_unmatched} i ON i.book = v.book AND NOT i.deleted AND i.since < :before AND i.since_position <=
v.position
    AND (i.ended_by = '' OR i.ended_position > v.position OR i.ended_on > CAST(:as_of AS date))
ORDER BY since, psp, reference, kind, merchant, order_id
"""


def unsettled(
    views: Views, timepoint: AsOf = NOW, *, before: date, at_least: Vector | None = None, timeout_s: float = 5.0
) -> list[Unsettled]:
    """Returns the charges and refunds from before this day that no batch had settled. Raises `ViewBehind`."""
    at = timepoint.positions(views)

    def query(opened: Opened) -> list[Unsettled]:
        names = {"references": REFERENCES, "of_unmatched": UNMATCHED_LINES}
        stored = {name: opened.generation.stored_name(table) for name, table in names.items()}
        vector = opened.upto(at)
        asked = {"before": before, "as_of": timepoint.as_of}
        known = {"books": list(vector), "positions": list(vector.values())}
        found = opened.connection.execute(text(_UNSETTLED.format(**stored)), asked | known)
        return [_unsettled(row) for row in found.mappings()]

    wanted = {**(at_least or {}), **(at or {})}
    return views.read(PspReferences(), query, at_least=wanted, timeout_s=timeout_s)


def settling_providers(views: Views, *, timeout_s: float = 5.0) -> set[str]:
    """Returns the providers with at least one settlement; others send no reports. Raises `ViewBehind`."""

    def query(opened: Opened) -> set[str]:
        statement = f"""
            SELECT psp FROM {opened.generation.stored_name(REFERENCES)} WHERE batch_ref <> ''
            UNION SELECT psp FROM {opened.generation.stored_name(UNMATCHED_LINES)}
            WHERE ended_by <> '' AND ended_by NOT LIKE 'order/%'"""
        return {row[0] for row in opened.connection.execute(text(statement))}

    return views.read(PspReferences(), query, timeout_s=timeout_s)


def _unsettled(row: RowMapping) -> Unsettled:
    of_unmatched = unmatched_stream(row["psp"], row["capture_ref"]) if row["capture_ref"] else ""
    return Unsettled(
        reference=row["reference"],
        psp=row["psp"],
        kind=row["kind"],
        merchant=row["merchant"],
        stream=of_unmatched or order_stream(row["merchant"], row["order_id"]),
        amount=Money(row["minor"], row["currency"]),
        since=row["since"],
    )
