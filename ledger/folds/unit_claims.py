"""Claims on units: which units of an order's lines are free, and which a case or a dispute concerns.

Decisions and views use the same functions, so that a buyer sees the answer that a request would get.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ledger.folds.disputes import StagedDispute
from ledger.folds.line_places import LinePlaces, Place
from ledger.folds.parcel import Journey
from ledger.folds.parcels import Parcels


@dataclass(slots=True)
class UnitsAt:
    """Units of one line in one place that were not refunded: in a parcel that has left, or unsent (None).

    `asked` counts units by the open case that asks for them. `disputed` counts units by an open dispute, if no case
    asks for them. `contested` counts units by dispute and case, because a buyer may take a case to the issuer.
    """

    line_id: str
    parcel_id: str | None
    qty: int
    is_signed: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    disputed: Counter[str] = field(default_factory=Counter)
    contested: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def under_review(self) -> int:
        """The number of units that an open case asks for."""
        return min(self.qty, self.asked.total())

    @property
    def free(self) -> int:
        """The number of units without a case or dispute."""
        return max(0, self.qty - self.asked.total() - self.disputed.total())

    @property
    def at_stake(self) -> int:
        """The number of units with an open dispute."""
        return min(self.qty, self.disputed.total() + self.contested.total())

    def of_dispute(self, dispute_id: str) -> int:
        """Returns the number of units of this open dispute."""
        contested = sum(n for (dispute, _), n in self.contested.items() if dispute == dispute_id)
        return self.disputed[dispute_id] + contested

    def uncontested(self, case_id: str) -> int:
        """Returns the number of units of the case without a dispute."""
        return self.asked[case_id] - sum(n for (_, case), n in self.contested.items() if case == case_id)


def order_units(
    parcels: Parcels, lines: Mapping[str, LinePlaces[Any]], disputes: Iterable[StagedDispute]
) -> Sequence[UnitsAt]:
    """Returns the units of an order that are not refunded, by line and place, with their cases and these disputes."""
    found = list[UnitsAt]()
    for line_id, line in lines.items():
        journeys = parcels.journeys(line_id)
        asked = {place: units.requested_by for place, units in line.places.items()}
        found += units_of_line(line_id, line.open_units(journeys), asked, journeys, left=line.live - line.refunded)
    return with_disputes(found, disputes)


def units_of_line(
    line_id: str,
    open_units: Mapping[Place, int],
    asked: Mapping[Place, Counter[str]],
    journeys: Iterable[Journey],
    *,
    left: int,
) -> list[UnitsAt]:
    """Returns the units of a line by place: parcels that have left, then unsent units. `asked` counts units by place
    and open case; `left` are the units that are paid for and not refunded."""
    signed = {way.parcel_id for way in journeys if way.signed_at}
    found = [
        UnitsAt(line_id, place, qty, place in signed, asked=asked.get(place, Counter()))
        for place, qty in open_units.items()
        if qty or place is None
    ]
    return placed(found[1:], found[0], left=left)


def placed(parcels: Iterable[UnitsAt], unsent: UnitsAt, *, left: int) -> list[UnitsAt]:
    """Returns the units of a line by place, parcels that have left first.

    Facts may report more units than `left`, which are paid for and not refunded; then the last parcels get fewer. A
    case for unsent units applies to sent units if they left after all.
    """
    found, asked = [], Counter(unsent.asked)
    held = taken(asked, unsent.qty)
    for units in sorted(parcels, key=lambda units: units.parcel_id or ""):
        qty = max(0, min(units.qty, left))
        left -= qty
        here = Counter(units.asked)
        here.update(taken(asked, qty - here.total()))
        found.append(replace(units, qty=qty, asked=here))
    return [*found, replace(unsent, asked=held)]


def with_disputes(places: Sequence[UnitsAt], disputes: Iterable[StagedDispute]) -> Sequence[UnitsAt]:
    """Returns the places of all lines with the units of each open dispute. Two disputes share a unit only if there are
    no other units."""
    for dispute in sorted(disputes, key=lambda dispute: dispute.dispute_id):
        for line_id in dispute.lines or dict.fromkeys(units.line_id for units in places):
            of_line = [units for units in places if units.line_id == line_id]
            left = dispute.lines.get(line_id, sum(units.qty for units in of_line))
            for units in looked_for(of_line, dispute):
                left -= _contest(units, dispute, left, dispute.cases) if dispute.lines else 0
                left -= _dispute(units, dispute, left)
            for units in of_line:
                left -= _contest(units, dispute, left, units.asked)
    return places


def looked_for(places: Iterable[UnitsAt], dispute: StagedDispute) -> list[UnitsAt]:
    """Returns the places in the order in which the dispute's units are searched."""
    return sorted(places, key=lambda u: dispute.search_rank(is_sent=u.parcel_id is not None, is_signed=u.is_signed))


def _contest(units: UnitsAt, dispute: StagedDispute, most: int, cases: Iterable[str]) -> int:
    """Assigns units of these cases to the dispute and returns their number."""
    taken = 0
    for case_id in sorted(set(cases) & units.asked.keys()):
        if (here := min(most - taken, units.uncontested(case_id))) > 0:
            units.contested[dispute.dispute_id, case_id] += here
            taken += here
    return taken


def _dispute(units: UnitsAt, dispute: StagedDispute, most: int) -> int:
    """Assigns free units to the dispute and returns their number."""
    taken = max(0, min(most, units.free))
    if taken:
        units.disputed[dispute.dispute_id] += taken
    return taken


def taken(asked: Counter[str], most: int) -> Counter[str]:
    """Removes up to `most` units from the counts of cases and returns them by case."""
    taken = Counter[str]()
    for case_id in sorted(asked):
        if (here := min(asked[case_id], most - taken.total())) > 0:
            taken[case_id] = here
            asked[case_id] -= here
    return taken
