"""Counts of a tracked order's units, kept in its row, and their places by the functions that decisions use."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.refunds import ApprovedLine
from ledger.folds.line_places import LinePlaces, Place
from ledger.folds.parcels import Parcels
from ledger.folds.unit_claims import UnitsAt, order_units, taken
from projections.tracking.tracked_disputes import open_disputes

Places = dict[tuple[str, Place], UnitsAt]


@dataclass(slots=True)
class UnitCounts:
    """Counts of the units in one place. `awaited_by` counts refunded units that are still to come back, by case."""

    refunded: int = 0
    requested_by: Counter[str] = field(default_factory=Counter)
    awaited_by: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class TrackedUnits(LinePlaces[UnitCounts]):
    """The units of one line."""

    uncancelled: int
    places: defaultdict[Place, UnitCounts] = field(default_factory=lambda: defaultdict(UnitCounts))

    @property
    def live(self) -> int:
        return self.uncancelled

    def give(self, source: UnitCounts, target: UnitCounts, qty: int) -> None:
        refunded = max(0, min(source.refunded, qty))
        source.refunded, target.refunded = source.refunded - refunded, target.refunded + refunded
        target.awaited_by.update(taken(source.awaited_by, refunded))
        target.requested_by.update(taken(source.requested_by, qty - refunded))

    def refund(self, place: Place, qty: int, *, awaited_by: str | None = None) -> None:
        """Counts units as refunded; with `awaited_by`, for a case that waits for the goods."""
        for where, here in list(self.now_in(place, qty)):
            self.places[where].refunded += here
            if awaited_by:
                self.places[where].awaited_by[awaited_by] += here

    def undo(self, place: Place, qty: int) -> None:
        """Counts units as not refunded any more."""
        for where, here in list(self.now_in(place, qty, refunded=True)):
            self.places[where].refunded -= here

    def no_longer_await(self, case_id: str) -> None:
        """Records that the goods of a case are back, or will not come."""
        for units in self.places.values():
            units.awaited_by.pop(case_id, None)


Lines = dict[str, TrackedUnits]


def units_of(text: str) -> Lines:
    """Returns the units by line, as `text_of` wrote them."""
    return {line_id: _read(stored) for line_id, stored in from_json(text).items()}


def text_of(lines: Lines) -> str:
    """Returns the units as JSON by line: `uncancelled`, `places` (a list: no parcel is null) and `moved`."""
    return canonical({line_id: _written(units) for line_id, units in lines.items()})


def close(lines: Lines, case_id: str) -> None:
    """Removes all units from a case that is decided, or whose goods are back."""
    for units in lines.values():
        units.no_longer_ask(case_id)
        units.no_longer_await(case_id)


def refund(lines: Lines, approved: Iterable[ApprovedLine], *, awaited_by: str | None = None) -> None:
    """Counts these units as refunded."""
    for line in approved:
        lines[line.line_id].refund(line.parcel_id, line.qty, awaited_by=awaited_by)


def undo(lines: Lines, approved: Iterable[ApprovedLine]) -> None:
    """Counts these units as not refunded any more."""
    for line in approved:
        lines[line.line_id].undo(line.parcel_id, line.qty)


def refunded_units(lines: Lines, place: Place) -> Counter[str]:
    """Returns the refunded units in a place, by line."""
    return Counter({line_id: units.at(place).refunded for line_id, units in lines.items()})


def awaited_units(lines: Lines, line_id: str, place: Place) -> int:
    """Returns the units in a place that are refunded and still to come back."""
    return lines[line_id].at(place).awaited_by.total() if line_id in lines else 0


def units_by_place(order: Mapping[Any, Any], lines: Lines, parcels: Parcels) -> Places:
    """Returns the units that are not refunded, by line and place."""
    found = order_units(parcels, lines, open_disputes(from_json(order["disputes"])))
    return {(units.line_id, units.parcel_id): units for units in found}


def _written(units: TrackedUnits) -> dict[str, Any]:
    places = [
        {"parcel_id": place, "refunded": at.refunded, "requested_by": +at.requested_by, "awaited_by": +at.awaited_by}
        for place, at in units.places.items()
    ]
    return {"uncancelled": units.uncancelled, "places": places, "moved": units.moved}


def _read(stored: dict[str, Any]) -> TrackedUnits:
    units = TrackedUnits(uncancelled=stored["uncancelled"], moved=stored["moved"])
    for at in stored["places"]:
        cases = Counter(at["requested_by"]), Counter(at["awaited_by"])
        units.places[at["parcel_id"]] = UnitCounts(at["refunded"], *cases)
    return units
