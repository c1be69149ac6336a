"""Units of an order's line by the parcel that they are in, through repacking: refunded, or in a case.

Decisions and tracking use the same counts, so that a buyer sees the answer that a request would get.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from ledger.events.parcels import ParcelsConsolidated, ParcelSplit
from ledger.folds.parcel import Journey
from ledger.folds.parcels import Parcels, moving

Place = str | None  # the parcel that units travel in; None before dispatch


class Counts(Protocol):
    """Counts of the units in one place. `requested_by` counts them by the open case that asks for them."""

    requested_by: Counter[str]

    @property
    def refunded(self) -> int: ...


C = TypeVar("C", bound=Counts)


@dataclass(slots=True, kw_only=True)
class LinePlaces(Generic[C]):
    """The units of one line by place. `moved` has the units that repacking moved, by source and target parcel."""

    places: defaultdict[Place, C]
    moved: dict[Place, dict[Place, int]] = field(default_factory=dict)

    @property
    @abstractmethod
    def live(self) -> int:
        """Units that were paid for; before payment, units that are not cancelled."""

    @abstractmethod
    def give(self, source: C, target: C, qty: int) -> None:
        """Moves the counts of `qty` units to another place: first refunded units, then units in cases."""

    @property
    def refunded(self) -> int:
        return sum(units.refunded for units in self.places.values())

    def at(self, place: Place) -> C:
        """Returns the counts of one place; all zero if nothing is recorded."""
        assert self.places.default_factory is not None, "a place that nothing is recorded of has no units"
        return self.places.get(place) or self.places.default_factory()

    def open_units(self, journeys: Iterable[Journey]) -> dict[Place, int]:
        """Returns units that are not refunded, by place: unsent units (None), then parcels that have left."""
        return open_units(journeys, self.live, {place: units.refunded for place, units in self.places.items()})

    def ask(self, place: Place, qty: int, case_id: str) -> None:
        """Adds units to an open case."""
        for where, here in list(self.now_in(place, qty)):
            self.places[where].requested_by[case_id] += here

    def no_longer_ask(self, case_id: str) -> None:
        """Removes all units from a case that is closed."""
        for units in self.places.values():
            units.requested_by.pop(case_id, None)

    def move(self, parcel_id: str, into: Mapping[Place, int]) -> None:
        """Moves units of a parcel to other parcels, with their counts."""
        units = self.places[parcel_id]
        for place, qty in into.items():
            self.give(units, self.places[place], qty)
            self.moved.setdefault(parcel_id, {})[place] = qty

    def now_in(self, place: Place, qty: int, *, refunded: bool = False) -> Iterator[tuple[Place, int]]:
        """Yields the present places of units of a place, with quantities, following repacking. With `refunded`, the
        units are refunded ones; otherwise they are not refunded."""
        for later, held in self.moved.get(place, {}).items():
            units = self.places[later]
            here = min(qty, units.refunded if refunded else held - units.refunded)
            if here > 0:
                yield from self.now_in(later, here, refunded=refunded)
                qty -= here
        if qty > 0:
            yield place, qty


def open_units(journeys: Iterable[Journey], live: int, refunded: Mapping[Place, int]) -> dict[Place, int]:
    """Returns units of a line that are not refunded, by place: unsent units (None), then parcels that have left. `live`
    are the units that were paid for."""
    left: dict[Place, int] = {
        way.parcel_id: max(0, way.qty - refunded.get(way.parcel_id, 0)) for way in journeys if way.has_left
    }
    return {None: max(0, live - sum(refunded.values()) - sum(left.values())), **left}


def repack(lines: Mapping[str, LinePlaces[Any]], event: ParcelsConsolidated | ParcelSplit, parcels: Parcels) -> None:
    """Moves the units of a repacking with their counts. `parcels` are those before the event."""
    for source in event.from_parcels:
        held = parcels.quantities(source)
        for line_id in held.keys() & lines.keys():
            lines[line_id].move(source, moving(event, line_id, held[line_id]))
