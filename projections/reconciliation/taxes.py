"""Tax and duty that buyers paid (2320), compared with what customs assessed and what was remitted to tax offices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, Date, text

from ledger.ids import kind_of
from ledger.journal.accounts import TAX_PAYABLE
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.engine.batch import Batch
from projections.engine.columns import minor_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import FROM_THE_FIRST, Opened, Vector, Views
from projections.keyset import WHOLE, Chunk

ORDERS = kept_table(
    "taxes_of_orders",
    text_column("stream", key=True),
    text_column("currency", key=True),
    text_column("market"),
    Column("month", Date, nullable=False),  # in which the tax was collected
    minor_column("minor"),  # collected, less what was given back and what customs assessed
    minor_column("duty_minor"),  # assessed
    Column("rest_since", Date),  # the last assessment; null without one, or if nothing is left
    indexes=[("rest_since",)],
)
MONTHS = kept_table(
    "taxes_by_month",
    text_column("market", key=True),
    text_column("currency", key=True),
    Column("month", Date, primary_key=True),
    minor_column("minor"),
    text_column("stream"),  # an order of the month
)
REMITTED = kept_table(
    "taxes_remitted",
    text_column("stream", key=True),
    text_column("currency", key=True),
    text_column("market"),
    minor_column("minor"),
    Column("paid_on", Date, nullable=False),
)


class Taxes(Projection):
    """Sums the journal lines of 2320 by order, by month of collection, and by remittance."""

    name = "taxes"
    version = 1
    tables = (ORDERS, MONTHS, REMITTED)
    entries_only = True

    def fold(self, batch: Batch) -> None:
        for recorded in batch.events:
            for line in _tax_lines(recorded):
                if kind_of(recorded.stream) == "order":
                    _of_order(batch, recorded, line)
                else:
                    _remitted(batch, recorded, line)


@dataclass(frozen=True, slots=True)
class TaxMismatch:
    """Tax that is left of an order, or of a month of a market (`expected`), and the amount that was assessed or
    remitted (`actual`).
    """

    kind: str  # duty, remittance
    reference: str
    stream: str
    expected: Money
    actual: Money
    since: date


def remittance_mismatches(
    views: Views,
    *,
    collected_before: date,
    remitted_before: date,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[TaxMismatch]:
    """Returns the months whose tax was not remitted in full, and the markets for which more was remitted than
    collected, each from its day on. Remittances pay the oldest month first. Raises `ViewBehind`."""

    def query(opened: Opened) -> list[TaxMismatch]:
        found: list[TaxMismatch] = []
        remitted = _remitted_sums(opened)
        for place, months in _by_place(_rows(opened, _MONTHS)).items():
            minor, paid_on, stream = remitted.pop(place, _NOTHING)
            left = minor
            for month, collected, of_order in months:
                covered, left = max(0, min(left, collected)), left - collected
                if left < 0 and _end_of(month) < collected_before:
                    found.append(_mismatch(place, month, of_order, collected, covered, since=_end_of(month)))
            if left > 0 and paid_on < remitted_before:
                found.append(_mismatch(place, paid_on, stream, minor - left, minor, since=paid_on))
        for place, (minor, paid_on, stream) in remitted.items():
            if minor > 0 and paid_on < remitted_before:
                found.append(_mismatch(place, paid_on, stream, 0, minor, since=paid_on))
        return found

    return views.read(Taxes(), query, at_least=at_least, timeout_s=timeout_s)


def duty_mismatches(
    views: Views,
    *,
    assessed_before: date,
    since: Vector = FROM_THE_FIRST,
    chunk: Chunk = WHOLE,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> list[TaxMismatch]:
    """Returns the orders whose duty is less than the buyer paid, by day and stream, without those of months whose tax
    was remitted in full. Only orders are read that changed after the positions `since`; `chunk` is a part of them.
    Raises `ViewBehind`."""
    statement, key = chunk.sql(_DUTIES, ("rest_since", "stream"))

    def query(opened: Opened) -> list[TaxMismatch]:
        remitted = _remitted_sums(opened)
        paid_up: list[tuple[str, str, date]] = []
        for place, months in _by_place(_rows(opened, _MONTHS)).items():
            left = remitted.get(place, _NOTHING)[0]
            for month, collected, _ in months:
                left -= collected
                if left >= 0:
                    paid_up.append((*place, month))
        names = ("markets", "currencies", "months_paid")
        without = {name: [each[n] for each in paid_up] for n, name in enumerate(names)}
        changed = {"since": [since.get(book, 0) for book in opened.vector], "before": assessed_before}
        return [_over_collected(row) for row in _rows(opened, statement, **without, **changed, **key)]

    return views.read(Taxes(), query, at_least=at_least, timeout_s=timeout_s)


_NOTHING: tuple[int, date, str] = (0, date.max, "")
_MONTHS = """
SELECT market, currency, month, sum(minor)::bigint, min(stream) FROM {months}
WHERE book = ANY(:books) AND NOT deleted GROUP BY market, currency, month ORDER BY month, market, currency"""
_REMITTED = """
SELECT market, currency, sum(minor)::bigint, max(paid_on), (array_agg(stream ORDER BY paid_on DESC, stream))[1]
FROM {remitted} WHERE book = ANY(:books) AND NOT deleted GROUP BY market, currency"""
_DUTIES = """
SELECT stream, currency, minor, duty_minor, rest_since
FROM unnest(CAST(:books AS integer[]), CAST(:since AS bigint[])) AS v(in_book, since)
JOIN {orders} ON book = in_book AND changed_at_position > since AND NOT deleted AND rest_since < :before
WHERE (market, currency, month) NOT IN (
    SELECT * FROM unnest(CAST(:markets AS text[]), CAST(:currencies AS text[]), CAST(:months_paid AS date[])))"""


def _remitted_sums(opened: Opened) -> dict[tuple[str, str], tuple[int, date, str]]:
    """Returns by market and currency: the sum, the last day, and its stream."""
    return {
        (market, currency): (int(minor), paid_on, stream)
        for market, currency, minor, paid_on, stream in _rows(opened, _REMITTED)
    }


def _rows(opened: Opened, statement: str, **values: Any) -> list[Any]:
    stored = opened.generation.stored_name
    names = {"months": stored(MONTHS), "remitted": stored(REMITTED), "orders": stored(ORDERS)}
    return list(opened.connection.execute(text(statement.format(**names)), values | {"books": list(opened.vector)}))


def _by_place(rows: Sequence[Any]) -> dict[tuple[str, str], list[tuple[date, int, str]]]:
    found: dict[tuple[str, str], list[tuple[date, int, str]]] = {}
    for market, currency, month, minor, stream in rows:
        found.setdefault((market, currency), []).append((month, int(minor), stream))
    return found


def _mismatch(
    place: tuple[str, str], day: date, stream: str, expected: int, actual: int, *, since: date
) -> TaxMismatch:
    market, currency = place
    reference = f"{market} {currency} {day:%Y-%m}".strip()
    return TaxMismatch("remittance", reference, stream, Money(expected, currency), Money(actual, currency), since)


def _over_collected(row: Any) -> TaxMismatch:
    duty = Money(row.duty_minor, row.currency)
    collected = duty + Money(row.minor, row.currency)
    return TaxMismatch("duty", row.stream.rpartition("/")[2], row.stream, collected, duty, row.rest_since)


def _end_of(month: date) -> date:
    """Returns the first day after a month."""
    return (month + timedelta(days=31)).replace(day=1)


def _tax_lines(recorded: Recorded) -> Iterator[dict[str, Any]]:
    for line in recorded.lines:
        if line["account"] == TAX_PAYABLE.code and line["amount"]:
            yield line


def _of_order(batch: Batch, recorded: Recorded, line: dict[str, Any]) -> None:
    orders, months = batch.rows(ORDERS), batch.rows(MONTHS)
    row = orders.get(recorded.stream, line["currency"]) or {
        "stream": recorded.stream,
        "currency": line["currency"],
        "market": line.get("market", ""),
        "month": recorded.accounting_date.replace(day=1),
        "minor": 0,
        "duty_minor": 0,
        "rest_since": None,
    }
    is_duty = "parcel" in line
    row["minor"] -= line["amount"]
    row["duty_minor"] += line["amount"] if is_duty else 0
    assessed_on = recorded.accounting_date if is_duty else row["rest_since"]
    row["rest_since"] = assessed_on if row["duty_minor"] > 0 and row["minor"] > 0 else None
    orders.put(row, at=recorded.position)
    key = (row["market"], row["currency"], row["month"])
    of_month = months.get(*key) or dict(zip(MONTHS.key, key, strict=True)) | {"minor": 0, "stream": recorded.stream}
    of_month["minor"] -= line["amount"]
    months.put(of_month, at=recorded.position)


def _remitted(batch: Batch, recorded: Recorded, line: dict[str, Any]) -> None:
    rows = batch.rows(REMITTED)
    row = rows.get(recorded.stream, line["currency"]) or {
        "stream": recorded.stream,
        "currency": line["currency"],
        "market": line.get("market", ""),
        "minor": 0,
    }
    rows.put(row | {"minor": row["minor"] + line["amount"], "paid_on": recorded.accounting_date}, at=recorded.position)
