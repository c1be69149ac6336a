"""Export declarations with their orders and payments, and the cases in which the three do not agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import Boolean, Column, RowMapping, text

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.orders import OrderPlaced
from ledger.events.parcels import (
    CustomsFact,
    ExportClosed,
    ExportDeclared,
    ExportDetained,
    ExportInspected,
    ExportRejected,
    ExportReleased,
    ParcelDeparted,
)
from ledger.events.payments import PaymentAllocated, PaymentCaptured, PaymentCaptureFailed
from ledger.ids import belongs_to
from ledger.limits import BEFORE_ALL
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.engine.batch import Batch, Row
from projections.engine.columns import instant_column, minor_column, text_column
from projections.engine.generations import Generation
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import FROM_THE_FIRST, Opened, Vector, Views
from projections.keyset import Key, behind

Mismatch = Literal["no_order", "no_payment", "payment_unequal", "shared_declaration", "not_declared"]
_ORDER = ("declaration_no", "merchant", "order_id")
_RETAIL = "9610"  # the customs mode that ties a declaration to one order and its payment (domain §3.2)

DECLARED = kept_table(
    "declared_parcels",
    text_column("declaration_no", key=True),  # '' for a parcel that left without a declaration
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("parcel_id", key=True),
    text_column("customs_mode"),
    instant_column("declared_at"),
    instant_column("known_at"),  # when the first of its facts happened
    Column("departed", Boolean, nullable=False),
    indexes=[("known_at",), ("merchant", "order_id")],
)
PAID = kept_table(
    "declared_orders",
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("currency"),  # '' before the order is placed
    minor_column("buyer_total"),  # the amount due, once the payment is allocated
    minor_column("captured"),  # in the same currency
    text_column("captures"),  # JSON: reference → [currency, minor]
)
_UNPAID: Row = {"currency": "", "buyer_total": 0, "captured": 0, "captures": "{}"}


class Declarations(Projection):
    """Keeps declarations and payments. The comparison is made at read, when both are known."""

    name = "declarations"
    version = 4
    tables = (DECLARED, PAID)
    events = (
        OrderPlaced,
        PaymentAllocated,
        PaymentCaptured,
        PaymentCaptureFailed,
        ExportDeclared,
        ExportInspected,
        ExportDetained,
        ExportReleased,
        ExportClosed,
        ExportRejected,
        ParcelDeparted,
    )

    def fold(self, batch: Batch) -> None:
        reported = [(recorded, recorded.event) for recorded in batch.events]
        batch.rows(DECLARED).load(key for recorded, event in reported for key in _declared_by(recorded, event))
        batch.rows(PAID).load(
            belongs_to(rec.stream) for rec, event in reported if not isinstance(event, CustomsFact | ParcelDeparted)
        )
        for recorded, event in reported:
            if isinstance(event, CustomsFact | ParcelDeparted):
                _declare(batch, recorded, event)
            else:
                _pay(batch, recorded, event)


@dataclass(frozen=True, slots=True)
class Tie:
    """One order on one declaration. `captures` are its payments; `mismatches` is empty if all agree."""

    declaration_no: str
    customs_mode: str
    merchant: str
    order_id: str
    parcels: tuple[str, ...]
    captures: tuple[str, ...]
    captured: Money | None
    buyer_total: Money | None
    mismatches: tuple[Mismatch, ...]


# Orders by declaration, and orders that left without one.
_TIES = """
    SELECT d.declaration_no, max(d.customs_mode) AS customs_mode, d.merchant, d.order_id, min(d.known_at) AS known_at,
           array_agg(d.parcel_id ORDER BY d.parcel_id) AS parcels, max(p.currency) AS currency,
           max(p.buyer_total) AS buyer_total, max(p.captured) AS captured, max(p.captures) AS captures,
           count(*) OVER (PARTITION BY d.declaration_no) AS orders
    FROM {declared} d LEFT JOIN {paid} p
      ON p.book = d.book AND p.merchant = d.merchant AND p.order_id = d.order_id AND NOT p.deleted
    WHERE d.book = ANY(:books) AND NOT d.deleted AND (d.declaration_no <> '' OR d.departed) AND {which}
    GROUP BY d.declaration_no, d.merchant, d.order_id"""
# Orders with a change since the positions, or whose first fact has become old enough.
_NEW = """
WITH v AS (
    SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
), asked AS (
    SELECT d.book, d.declaration_no, d.merchant, d.order_id
    FROM v JOIN {declared} d ON d.book = v.book AND d.changed_at_position > v.position
    UNION
    SELECT d.book, d.declaration_no, d.merchant, d.order_id
    FROM v JOIN {declared} d ON d.book = v.book AND d.known_at > :known_after AND d.known_at <= :known_until
    UNION
    SELECT d.book, d.declaration_no, d.merchant, d.order_id
    FROM v JOIN {paid} p ON p.book = v.book AND p.changed_at_position > v.position
    JOIN {declared} d ON d.book = p.book AND d.merchant = p.merchant AND d.order_id = p.order_id
)"""
# The orders of a page, by a short scan of the key in each book.
_PAGE = """
WITH asked AS (
    SELECT k.* FROM {each_book} AS v CROSS JOIN LATERAL (
        SELECT DISTINCT d.book, d.declaration_no, d.merchant, d.order_id FROM {declared} d
        WHERE d.book = v.book AND d.book = ANY(:books) AND NOT d.deleted
          AND (d.declaration_no <> '' OR d.departed) AND {conditions}
        ORDER BY d.declaration_no, d.merchant, d.order_id LIMIT :limit
    ) k ORDER BY k.declaration_no, k.merchant, k.order_id LIMIT :limit
)"""
# Those orders, and the other orders of their declarations, which are counted.
_CHOSEN = """, chosen AS (
    SELECT * FROM asked
    UNION
    SELECT d.book, d.declaration_no, d.merchant, d.order_id FROM asked a
    JOIN {declared} d ON d.book = ANY(:books) AND d.declaration_no = a.declaration_no
    WHERE a.declaration_no <> ''
)
"""
_IS_CHOSEN = "(d.book, d.declaration_no, d.merchant, d.order_id) IN (SELECT * FROM chosen)"
_MISMATCHED = """
    declaration_no = '' OR coalesce(currency, '') = ''
    OR customs_mode = :retail AND (captures = '{}' OR captured <> buyer_total OR orders > 1)"""


def ties(
    views: Views,
    *,
    merchant: str | None = None,
    only_mismatches: bool = False,
    known_until: datetime | None = None,
    since: Vector = FROM_THE_FIRST,
    known_after: datetime = BEFORE_ALL,
    limit: int | None = None,
    after: Key | None = None,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[Tie, ...]:
    """Returns every declaration with its orders, and every order that left without one, after the key `after`.

    With `known_until`, only those whose first fact had happened by then. With `since`, only declarations of which an
    order changed after these positions, or had its first fact after `known_after`. Raises `ViewBehind`.
    """
    rest, key = behind(_ORDER, after)

    def query(opened: Opened) -> tuple[Tie, ...]:
        stored = _stored(opened.generation)
        conditions = [rest, *(["merchant = :merchant"] if merchant else [])]
        asked = ""
        if any(since.values()):
            asked = _NEW
        elif limit is not None and known_until is None and not only_mismatches:
            asked = _PAGE
        chosen = (asked and asked + _CHOSEN).format(**stored, conditions=" AND ".join(conditions))
        conditions += [f"({_MISMATCHED})"] if only_mismatches else []
        conditions += ["known_at <= :known_until"] if known_until else []
        statement = f"""
            {chosen} SELECT * FROM ({_TIES.format(**stored, which=_IS_CHOSEN if asked else "true")}) t
            WHERE {" AND ".join(conditions)} ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
        values = {"books": list(opened.vector), "retail": _RETAIL, "merchant": merchant, "limit": limit} | key
        values |= {"known_until": known_until, "known_after": known_after}
        values["positions"] = [since.get(book, 0) for book in opened.vector]
        return tuple(_tie(row) for row in opened.connection.execute(text(statement), values).mappings())

    return views.read(Declarations(), query, at_least=at_least, timeout_s=timeout_s)


def _stored(generation: Generation) -> dict[str, str]:
    """Returns the names in the statements."""
    tables = {"declared": generation.stored_name(DECLARED), "paid": generation.stored_name(PAID)}
    return tables | {"each_book": generation.each_book}


def _tie(row: RowMapping) -> Tie:
    currency = row["currency"] or ""
    return Tie(
        declaration_no=row["declaration_no"],
        customs_mode=row["customs_mode"],
        merchant=row["merchant"],
        order_id=row["order_id"],
        parcels=tuple(row["parcels"]),
        captures=tuple(sorted(from_json(row["captures"] or "{}"))),
        captured=Money(row["captured"], currency) if currency else None,
        buyer_total=Money(row["buyer_total"], currency) if currency else None,
        mismatches=tuple(_mismatches(row)),
    )


def _mismatches(row: RowMapping) -> Iterable[Mismatch]:
    if not row["declaration_no"]:
        yield "not_declared"
        return
    if not row["currency"]:
        yield "no_order"
    if row["customs_mode"] != _RETAIL:
        return
    if not from_json(row["captures"] or "{}"):
        yield "no_payment"
    elif row["currency"] and row["captured"] != row["buyer_total"]:
        yield "payment_unequal"
    if row["orders"] > 1:
        yield "shared_declaration"


def _declared_by(recorded: Recorded, event: Event) -> Iterable[tuple[str, ...]]:
    """Yields the keys that an event of a parcel reads: the row without a number, and the row with it."""
    if isinstance(event, CustomsFact | ParcelDeparted):
        numbers = {"", event.declaration_no} if isinstance(event, CustomsFact) else {""}
        yield from ((number, *belongs_to(recorded.stream), event.parcel_id) for number in sorted(numbers))


def _declare(batch: Batch, recorded: Recorded, event: CustomsFact | ParcelDeparted) -> None:
    """Updates the parcel's rows. A parcel has a row without a number until it is declared."""
    rows = batch.rows(DECLARED)
    place = (*belongs_to(recorded.stream), event.parcel_id)
    number = event.declaration_no if isinstance(event, CustomsFact) else ""
    bare = rows.get("", *place)
    if number:
        row = rows.get(number, *place) or _blank(number, place)
        row |= {"customs_mode": row["customs_mode"] or getattr(event, "customs_mode", "")}
        row["departed"] = row["departed"] or bool(bare and bare["departed"])
        row["known_at"] = min(row["known_at"] or event.happened_at, event.happened_at)
        if isinstance(event, ExportDeclared) and (row["declared_at"] is None or event.happened_at < row["declared_at"]):
            row["declared_at"] = event.happened_at
        rows.put(row, at=recorded.position)
        rows.put((bare or _blank("", place)) | {"departed": False, "customs_mode": "declared"}, at=recorded.position)
    elif isinstance(event, ParcelDeparted) and (bare is None or not bare["customs_mode"]):
        left = {"departed": True, "known_at": event.happened_at}
        rows.put((bare or _blank("", place)) | left, at=recorded.position)


def _blank(number: str, place: tuple[str, str, str]) -> dict[str, Any]:
    key = dict(zip(DECLARED.key, (number, *place), strict=True))
    return key | {"customs_mode": "", "declared_at": None, "known_at": None, "departed": False}


def _pay(batch: Batch, recorded: Recorded, event: Event) -> None:
    rows = batch.rows(PAID)
    key = belongs_to(recorded.stream)
    blank: Row = {**dict(zip(PAID.key, key, strict=True)), **_UNPAID}
    row = rows.get(*key) or blank
    captures = from_json(row["captures"])
    match event:
        case OrderPlaced(buyer_total=total):
            row |= {"currency": total.currency, "buyer_total": total.minor}
        case PaymentAllocated(amount=due):
            row["buyer_total"] = due.minor
        case PaymentCaptured(capture_ref=ref, amount=amount):
            captures[ref] = [amount.currency, amount.minor + captures.get(ref, [amount.currency, 0])[1]]
        case PaymentCaptureFailed(capture_ref=ref):
            captures.pop(ref, None)
    captured = sum(minor for currency, minor in captures.values() if currency == row["currency"])
    rows.put(row | {"captured": captured, "captures": canonical(captures)}, at=recorded.position)
