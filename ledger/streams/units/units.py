"""The units of an order and which of them are free, for requests, cancellations, refunds, releases and dispatch."""

from __future__ import annotations

from collections.abc import Iterator

from ledger.folds.line_places import Place
from ledger.folds.unit_claims import UnitsAt, looked_for, order_units
from ledger.streams.orders.cases import Case
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order


class OrderUnits:
    """Units of an order that were not refunded, by line and place, with the cases and disputes that concern them."""

    def __init__(self, order: Order, *, also: Dispute | None = None) -> None:
        """`also` is a dispute that counts although it is closed."""
        self._order = order
        disputes = (dispute for dispute in order.disputes if dispute.is_open or dispute is also)
        found = order_units(order.parcels, order.lines, disputes)
        self._by_place = {(units.line_id, units.parcel_id): units for units in found}

    def __iter__(self) -> Iterator[UnitsAt]:
        return iter(self._by_place.values())

    def of(self, line_id: str) -> list[UnitsAt]:
        """Returns the units of a line by place: parcels that have left, then unsent units (None)."""
        return [units for units in self if units.line_id == line_id]

    def at(self, line_id: str, place: Place) -> UnitsAt:
        """Returns the units of a line in one place; zero units if there are none."""
        return self._by_place.get((line_id, place)) or UnitsAt(line_id, place, 0)

    def of_dispute(self, dispute: Dispute, line_id: str) -> list[tuple[Place, int]]:
        """Returns the places of a dispute's units with quantities, in the dispute's order of search."""
        found = looked_for(self.of(line_id), dispute)
        return [(units.parcel_id, qty) for units in found if (qty := units.of_dispute(dispute.dispute_id))]

    def case_about(self, units: UnitsAt) -> Case | None:
        """Returns the open case for some of these units, or else the case that waits for their return, or None."""
        cases = self._order.cases.values()
        if asked := next((case for case in cases if units.asked[case.id]), None):
            return asked
        return next((case for case in cases if case.awaits_goods and _is_from(case, units)), None)

    def dispute_about(self, units: UnitsAt) -> Dispute | None:
        """Returns the open dispute about some of these units, or None."""
        about = {*units.disputed, *(dispute_id for dispute_id, _ in units.contested)}
        return next((dispute for dispute in self._order.disputes if dispute.dispute_id in about), None)

    def dispute_over(self, case: Case) -> Dispute | None:
        """Returns the open dispute with money at stake that may concern units of the case, or None.

        Units of an approved case are refunded and in no place any more. A dispute concerns other units if it was opened
        before the case, or if all its units are found in places that it searches earlier.
        """
        for dispute in self._order.disputes:
            if dispute.is_open and dispute.claims and self.may_be_about(dispute, case):
                return dispute
        return None

    def may_be_about(self, dispute: Dispute, case: Case) -> bool:
        """True if the dispute may concern units of the case."""
        if case.is_open:
            return any(
                dispute_id == dispute.dispute_id for u in self for dispute_id, of in u.contested if of == case.id
            )
        if not dispute.lines:
            return bool(case.lines)
        if case.id not in dispute.cases:
            return False
        lines = [line for line in case.approved_lines if dispute.concerns(line.line_id)]
        return any(self._may_be_at(dispute, line.line_id, line.parcel_id) for line in lines)

    def _may_be_at(self, dispute: Dispute, line_id: str, place: Place) -> bool:
        """False if all units of the dispute are in places that it searches before this one."""
        found = [units for units in self.of(line_id) if units.of_dispute(dispute.dispute_id)]
        if sum(units.of_dispute(dispute.dispute_id) for units in found) < dispute.lines[line_id]:
            return True
        here = dispute.search_rank(is_sent=place is not None, is_signed=_is_signed(self._order, place))
        return any(dispute.search_rank(is_sent=u.parcel_id is not None, is_signed=u.is_signed) >= here for u in found)


def awaited_units(order: Order, line_id: str, place: Place) -> int:
    """Returns the number of units in a place whose refund the platform bears once the goods are back."""
    effects = (
        effect.platform_borne
        for case in order.cases.values()
        if case.awaits_goods
        for line, found in case.effects
        if line.line_id == line_id
        for where, effect in order.lines[line_id].present(found)
        if where == place
    )
    return sum(effects)


def unreleased(order: Order, line_id: str, place: Place) -> int:
    """Returns the number of units in a place that are not refunded and whose list price is pending. Units of a place
    are alike: units of a case, a dispute or a refund are taken from these first."""
    units = order.lines[line_id].at(place)
    there = order.parcels.quantities(place)[line_id] - units.refunded if place else order.unshipped(line_id)
    closed = units.platform_borne - awaited_units(order, line_id, place)  # their price counts as released first
    return max(0, there - max(0, units.kept_releases - closed))


def pending_in_parcel(order: Order, line_id: str, parcel_id: str) -> int:
    """Returns the number of units in a parcel whose list price is pending: neither released nor taken back."""
    units = order.lines[line_id].at(parcel_id)
    return max(0, order.parcels.quantities(parcel_id)[line_id] - units.merchant_borne - units.kept_releases)


def _is_from(case: Case, units: UnitsAt) -> bool:
    return any((line.line_id, line.parcel_id) == (units.line_id, units.parcel_id) for line in case.lines)


def _is_signed(order: Order, place: Place) -> bool:
    parcel = order.parcels.of(place) if place else None
    return parcel is not None and parcel.signature is not None
