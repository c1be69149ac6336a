"""Units of an order by place, with the open cases and disputes about them, as claims on a merchant count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.events.parcels import ParcelsConsolidated, ParcelSplit
from ledger.folds.disputes import StagedDispute
from ledger.folds.line_places import Place, open_units
from ledger.folds.parcels import Parcels
from ledger.folds.unit_claims import UnitsAt, units_of_line, with_disputes

OF_PARCELS: tuple[type[Event], ...] = tuple(dict.fromkeys(milestone.event for milestone in MILESTONES.values()))
LinePlace = tuple[str, str]  # a line, and a parcel id; an empty id for units in no parcel


@dataclass(slots=True)
class OrderCounts:
    """Units of the lines of an order: ordered, cancelled, paid for, and refunded by place."""

    ordered: dict[str, int] = field(default_factory=dict)
    cancelled: dict[str, int] = field(default_factory=dict)
    paid: dict[str, int] | None = None  # None until the order is paid
    refunded: dict[str, dict[str, int]] = field(default_factory=dict)  # by line and place

    def live(self, line_id: str) -> int:
        """Returns the units that were paid for; before payment, the units that are not cancelled."""
        if self.paid is not None:
            return self.paid.get(line_id, 0)
        return self.ordered.get(line_id, 0) - self.cancelled.get(line_id, 0)

    def refund(self, line_id: str, place: str, qty: int) -> None:
        there = self.refunded.setdefault(line_id, {})
        there[place] = there.get(place, 0) + qty


def units_by_place(
    counts: OrderCounts,
    parcels: Parcels,
    asked: Mapping[str, Mapping[Place, Counter[str]]],
    disputes: Iterable[StagedDispute],
) -> dict[LinePlace, UnitsAt]:
    """Returns the units that are not refunded, by line and place. `asked` counts units by line, place and open case."""
    found = list[UnitsAt]()
    for line_id in counts.ordered:
        journeys, live = parcels.journeys(line_id), counts.live(line_id)
        refunded = {place or None: qty for place, qty in counts.refunded.get(line_id, {}).items()}
        here, left = open_units(journeys, live, refunded), live - sum(refunded.values())
        found += units_of_line(line_id, here, asked.get(line_id, {}), journeys, left=left)
    return {(units.line_id, units.parcel_id or ""): units for units in with_disputes(found, disputes)}


def is_repacking(event: Event) -> bool:
    """True if the event moves units to other parcels."""
    return isinstance(event, ParcelsConsolidated | ParcelSplit)
