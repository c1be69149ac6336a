"""Open claims: money that open cases and disputes of an order may still take from the merchant's released money."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import singledispatchmethod
from typing import Any

from ledger.events.disputes import (
    DisputeEvidenceSubmitted,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
)
from ledger.events.event import Event
from ledger.events.orders import OrderLineCancelled, OrderPlaced
from ledger.events.payments import PaymentAllocated, PaymentCaptureFailed
from ledger.events.refunds import (
    ApprovedLine,
    RefundApproved,
    RefundAutoApproved,
    RefundRejected,
    RefundRequested,
    RefundWithdrawn,
    ReturnExpired,
)
from ledger.events.settlement import SettlementReleased
from ledger.folds.claimed_units import OF_PARCELS, LinePlace, OrderCounts, is_repacking, units_by_place
from ledger.folds.disputes import StagedDispute
from ledger.folds.evolution import Evolving
from ledger.folds.parcel_reports import ParcelReports, Reports
from ledger.folds.unit_claims import UnitsAt

CLAIMING: tuple[type[Event], ...] = (
    OrderPlaced,
    OrderLineCancelled,
    PaymentAllocated,
    PaymentCaptureFailed,
    SettlementReleased,
    RefundRequested,
    RefundAutoApproved,
    RefundApproved,
    RefundRejected,
    RefundWithdrawn,
    ReturnExpired,
    DisputeOpened,
    DisputeFundsWithdrawn,
    DisputeFeeCharged,
    DisputeEvidenceSubmitted,
    DisputeLost,
    DisputeWon,
    *OF_PARCELS,
)
Place = str  # a parcel id; empty for units in no parcel
ByPlace = dict[str, dict[Place, int]]  # fen at list price, by line and place


@dataclass(slots=True)
class Released:
    """Released units of a line in one place, less those taken back, and their list price in fen."""

    qty: int = 0
    fen: int = 0

    def of(self, units: int) -> int:
        """Returns the share of `units` of them in fen, rounded up."""
        units = min(units, self.qty)
        return -(-max(0, self.fen) * units // self.qty) if self.qty > 0 else max(0, self.fen)


@dataclass(slots=True)
class OpenClaims(Evolving):
    """Open claims of one order, folded from its events; used by its stream and by views.

    A claim counts at list price, because it is decided later whether the fee is given back and who bears a dispute. A
    case's claim grows by parts of the price that are undone while it is open, as does the price that is approved. An
    approved refund is no claim: its money has left the account. Unreleased money is not claimed: a claim is at most the
    released money of the line, and a case's claim at most that of its units' places.

    A dispute claims its units in the places where decisions look for them (`ledger/folds/unit_claims.py`): a unit in a
    case and a dispute is claimed once, and the unreleased units of a place first. After repacking this fold does not
    know the places, and a dispute claims the units of the line with the highest price.
    """

    released: dict[str, dict[Place, Released]] = field(default_factory=dict)
    cases: dict[str, ByPlace] = field(default_factory=dict)
    asked: dict[str, ByPlace] = field(default_factory=dict)  # units, by case, line and place
    disputes: dict[str, StagedDispute] = field(default_factory=dict)
    counts: OrderCounts = field(default_factory=OrderCounts)
    is_repacked: bool = False
    reports: Reports = field(default_factory=ParcelReports)  # folded only if a dispute is open

    @property
    def fen(self) -> int:
        """The sum of all claims, in fen."""
        if not self.cases and not self.disputes:
            return 0
        is_disputed = any(dispute.is_open for dispute in self.disputes.values())
        units = self.units() if is_disputed and not self.is_repacked else None
        return sum(self._claims_on(line_id, places, units) for line_id, places in self.released.items())

    def units(self) -> dict[LinePlace, UnitsAt]:
        """Returns the units that are not refunded, by line and place. After repacking, cases name earlier places."""
        asked: defaultdict[str, defaultdict[str | None, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
        for case_id, by_line in self.asked.items():
            for line_id, by_place in by_line.items():
                for place, qty in by_place.items():
                    asked[line_id][place or None][case_id] += qty
        return units_by_place(
            self.counts, self.reports.parcels, asked, (d for d in self.disputes.values() if d.is_open)
        )

    def _claims_on(self, line_id: str, places: dict[Place, Released], units: Mapping[LinePlace, UnitsAt] | None) -> int:
        claims = Counter[Place]()
        for case_id, case in self.cases.items():
            for place, fen in case.get(line_id, {}).items():
                contested = self._contested(case_id, line_id, place, fen, units or {})
                claims[place] += fen - contested
        cases = sum(min(fen, self._released_of(place, places)) for place, fen in claims.items())
        if units is None:
            disputes = sum(_claim_of(dispute, line_id, places.values()) for dispute in self.disputes.values())
        else:
            disputes = _disputed(line_id, places, units)
        return max(0, min(cases + disputes, sum(held.fen for held in places.values())))

    def _contested(self, case_id: str, line_id: str, place: Place, fen: int, units: Mapping[LinePlace, UnitsAt]) -> int:
        """Returns the part of a case's claim whose units a dispute claims too, rounded down."""
        asked = self.asked.get(case_id, {}).get(line_id, {}).get(place, 0)
        there = units.get((line_id, place))
        contested = sum(n for (_, case), n in there.contested.items() if case == case_id) if there else 0
        return fen * min(contested, asked) // asked if asked else 0

    def _released_of(self, place: Place, places: dict[Place, Released]) -> int:
        """Returns the released fen of the units that a case asks for in this place."""
        if self.is_repacked or not place:
            return max(0, sum(held.fen for held in places.values()))
        return max(0, places[place].fen) if place in places else 0

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event. An event that is not in `CLAIMING` changes nothing."""

    @evolve.register
    def _(self, event: OrderPlaced) -> None:
        self.counts.ordered = {line.line_id: line.qty for line in event.lines}

    @evolve.register
    def _(self, event: OrderLineCancelled) -> None:
        cancelled = self.counts.cancelled
        cancelled[event.line_id] = cancelled.get(event.line_id, 0) + event.qty

    @evolve.register
    def _(self, event: PaymentAllocated) -> None:
        self.counts.paid = {line.line_id: line.qty for line in event.lines}

    @evolve.register
    def _(self, event: PaymentCaptureFailed) -> None:
        if event.undone:
            self.counts.paid = None

    @evolve.register
    def _(self, event: SettlementReleased) -> None:
        self._release(event.line_id, event.parcel_id, qty=event.qty, fen=event.gross.minor)

    @evolve.register
    def _(self, event: RefundRequested) -> None:
        if event.type == "unshipped":  # it is approved in the same append
            return
        for line in event.lines:
            for known, more in ((self.cases, line.list_amount.minor), (self.asked, line.qty)):
                places = known.setdefault(event.refund_id, {}).setdefault(line.line_id, {})
                places[line.parcel_id or ""] = places.get(line.parcel_id or "", 0) + more

    @evolve.register
    def _(self, event: RefundAutoApproved | RefundApproved) -> None:
        self._close(event.refund_id)
        self._take_back(event.lines)

    @evolve.register
    def _(self, event: RefundRejected | RefundWithdrawn) -> None:
        self._close(event.refund_id)

    @evolve.register
    def _(self, event: ReturnExpired) -> None:
        self._close(event.refund_id)
        if event.undone:
            self._take_back(event.undone.lines, sign=-1)
        if event.kept:
            self._take_back(event.kept.lines)

    @evolve.register
    def _(self, event: DisputeOpened | DisputeFundsWithdrawn | DisputeFeeCharged | DisputeEvidenceSubmitted) -> None:
        self._reach(event)

    @evolve.register
    def _(self, event: DisputeLost) -> None:
        self._reach(event)
        self._take_back(event.lines)

    @evolve.register
    def _(self, event: DisputeWon) -> None:
        self._reach(event)
        if event.undone:
            self._take_back(event.undone.lines, sign=-1)

    def _report(self, event: Any) -> None:
        """Keeps a parcel's event until the places of units are asked for."""
        self.reports.add(event)
        self.is_repacked = self.is_repacked or is_repacking(event)

    for _of_parcel in OF_PARCELS:
        evolve.register(_of_parcel, _report)

    def _close(self, case_id: str) -> None:
        self.cases.pop(case_id, None)
        self.asked.pop(case_id, None)

    def _release(self, line_id: str, parcel_id: str | None, *, qty: int, fen: int) -> None:
        held = self.released.setdefault(line_id, {}).setdefault(parcel_id or "", Released())
        held.qty, held.fen = held.qty + qty, held.fen + fen

    def _take_back(self, lines: Iterable[ApprovedLine], sign: int = 1) -> None:
        for line in lines:
            self.counts.refund(line.line_id, line.parcel_id or "", sign * line.qty)
            fen = (line.from_available + line.fee_back + line.vat_back).minor
            if fen:
                self._release(line.line_id, line.parcel_id, qty=-sign * line.released_qty, fen=-sign * fen)
            if sign < 0 and not line.qty:
                self._grow(line.line_id, fen)

    def _grow(self, line_id: str, fen: int) -> None:
        """A part of the price that comes back may go back with the units of each open case on the line."""
        for case in self.cases.values():
            for place in case.get(line_id, {}):
                case[line_id][place] += fen

    def _reach(self, event: Any) -> None:
        dispute = self.disputes.setdefault(event.dispute_id, StagedDispute(dispute_id=event.dispute_id))
        dispute.reach(event, cases=self.asked)


def _claim_of(dispute: StagedDispute, line_id: str, places: Iterable[Released]) -> int:
    """Returns the dispute's claim on a line in fen if the places of its units are not known: on the released units with
    the highest price first."""
    if not dispute.is_open or not dispute.concerns(line_id):
        return 0
    places = list(places)
    return _dearest(places, dispute.lines.get(line_id, sum(max(0, held.qty) for held in places)))


def _dearest(places: Iterable[Released], qty: int) -> int:
    """Returns the list price in fen of `qty` of these units, those with the highest price first."""
    price = 0
    for held in sorted(places, key=lambda held: -held.of(1)):
        price += held.of(qty)
        qty -= min(qty, max(0, held.qty))
    return price


def _disputed(line_id: str, places: Mapping[Place, Released], units: Mapping[LinePlace, UnitsAt]) -> int:
    """Returns the claim of disputes on a line in fen. Of places that every dispute searches alike, the units with the
    highest price are claimed: later facts may show that the dispute is about any of them."""
    alike: defaultdict[tuple[bool, bool], list[Place]] = defaultdict(list)
    for place in places:
        if there := units.get((line_id, place)):
            alike[bool(place), there.is_signed].append(place)
    claim = 0
    for group in alike.values():
        if at_stake := sum(_released_at_stake(units[line_id, place], places[place]) for place in group):
            claim += _dearest([places[place] for place in group], at_stake)
    return claim


def _released_at_stake(units: UnitsAt, held: Released) -> int:
    """Returns the number of released units that disputes claim in a place: its unreleased units that no case asks for
    are claimed first."""
    unreleased = units.qty - max(0, held.qty)
    spare = max(0, unreleased - (units.asked.total() - units.contested.total()))
    return max(0, units.at_stake - spare)
