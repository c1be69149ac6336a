"""Places of a tracked order's units, and the free ones, from its rows by the functions that decisions use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from ledger.folds.unit_claims import UnitsAt, placed, with_disputes
from projections.tracking.tracked_disputes import open_disputes

Stored = Mapping[Any, Any]  # a row by column
Places = dict[tuple[str, str | None], UnitsAt]
Units = Counter[tuple[str, str | None]]  # by line and parcel; None for unsent units


def units_by_place(order: Stored, parcels: Sequence[Stored], *, sent: Iterable[str]) -> Places:
    """Returns the units that are not refunded, by line and place. `sent` are the parcels that have left."""
    rows, left = {row["parcel_id"]: row for row in parcels}, set(sent)
    asked: dict[tuple[str, str | None], Counter[str]] = {}
    for refund_id, units in _cases_of(order, rows, decided=False):
        for place, qty in units.items():
            asked.setdefault(place, Counter())[refund_id] += qty
    found = [
        units for line in from_json(order["lines"]) for units in _placed(line, [rows[name] for name in left], asked)
    ]
    disputes = open_disputes(from_json(order["disputes"]))
    return {(units.line_id, units.parcel_id): units for units in with_disputes(found, disputes)}


def awaited_units(order: Stored, parcels: Sequence[Stored]) -> Units:
    """Returns the units that will be refunded when they are back."""
    rows, found = {row["parcel_id"]: row for row in parcels}, Units()
    for _, units in _cases_of(order, rows, decided=True):
        found.update(units)
    return found


def _cases_of(order: Stored, rows: Mapping[str, Stored], *, decided: bool) -> Iterator[tuple[str, Units]]:
    """Yields the units of each open case at their present places; with `decided`, of cases that wait for goods."""
    for refund_id, case in from_json(order["open_cases"]).items():
        if case["decided"] == decided:
            units = Units()
            for asked in case["units"]:
                units.update(dict(_now_in(rows, asked["line_id"], asked["parcel_id"], asked["qty"])))
            yield refund_id, units


def _placed(
    line: Mapping[str, Any], parcels: Sequence[Stored], asked: Mapping[tuple[str, str | None], Counter[str]]
) -> list[UnitsAt]:
    line_id, inside = line["line_id"], []
    left = line["qty"] - line["cancelled"] - line["refunded"]
    unsent = left
    for row in parcels:
        held = [item for item in from_json(row["items"]) if item["line_id"] == line_id]
        qty, refunded = sum(item["qty"] for item in held), sum(item["refunded"] for item in held)
        left, unsent = left - refunded, unsent - max(qty, refunded)
        place = (line_id, row["parcel_id"])
        is_signed = row["signed_at"] is not None
        inside += [UnitsAt(*place, qty - refunded, is_signed, asked.get(place, Counter()))] if held else []
    not_sent = UnitsAt(line_id, None, max(0, unsent), asked=asked.get((line_id, None), Counter()))
    return placed(inside, not_sent, left=left)


def _now_in(
    rows: Mapping[str, Stored], line_id: str, parcel_id: str | None, qty: int
) -> Iterator[tuple[tuple[str, str | None], int]]:
    """Yields the present places of a parcel's units; units of a split parcel are assigned where there are enough."""
    row = rows.get(parcel_id) if parcel_id else None
    for later in from_json(row["went_into"]) if row else ():
        held = [item for item in from_json(rows[later]["items"]) if item["line_id"] == line_id]
        here = min(qty, sum(item["qty"] - item["refunded"] for item in held))
        if here > 0:
            yield from _now_in(rows, line_id, later, here)
            qty -= here
    if qty > 0:
        yield (line_id, parcel_id), qty
