"""Open claims: money that open cases and disputes of an order may still take from the merchant's released money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
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
from ledger.events.parcels import ParcelsConsolidated, ParcelSplit
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
from ledger.folds.disputes import StagedDispute
from ledger.folds.evolution import Evolving

CLAIMING: tuple[type[Event], ...] = (
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
    ParcelsConsolidated,
    ParcelSplit,
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

    A claim counts at list price, because it is decided later whether the fee is given back and who bears a dispute. An
    approved refund is no claim: its money has left the account. Unreleased money is not claimed: a claim is at most the
    released money of the line, and a case's claim at most that of its units' places. After repacking this fold does not
    know the places, and the whole line counts.
    """

    released: dict[str, dict[Place, Released]] = field(default_factory=dict)
    cases: dict[str, ByPlace] = field(default_factory=dict)
    disputes: dict[str, StagedDispute] = field(default_factory=dict)
    is_repacked: bool = False

    @property
    def fen(self) -> int:
        """The sum of all claims, in fen."""
        if not self.cases and not self.disputes:
            return 0
        return sum(self._claims_on(line_id, places) for line_id, places in self.released.items())

    def _claims_on(self, line_id: str, places: dict[Place, Released]) -> int:
        asked = Counter[Place]()
        for case in self.cases.values():
            asked.update(case.get(line_id, {}))
        cases = sum(min(fen, self._released_of(place, places)) for place, fen in asked.items())
        disputes = sum(_claim_of(dispute, line_id, places.values()) for dispute in self.disputes.values())
        return max(0, min(cases + disputes, sum(held.fen for held in places.values())))

    def _released_of(self, place: Place, places: dict[Place, Released]) -> int:
        """Returns the released fen of the units that a case asks for in this place."""
        if self.is_repacked or not place:
            return max(0, sum(held.fen for held in places.values()))
        return max(0, places[place].fen) if place in places else 0

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event. An event that is not in `CLAIMING` changes nothing."""

    @evolve.register
    def _(self, event: SettlementReleased) -> None:
        self._release(event.line_id, event.parcel_id, qty=event.qty, fen=event.gross.minor)

    @evolve.register
    def _(self, event: RefundRequested) -> None:
        if event.type == "unshipped":
            return
        asked = self.cases.setdefault(event.refund_id, {})
        for line in event.lines:
            places, place = asked.setdefault(line.line_id, {}), line.parcel_id or ""
            places[place] = places.get(place, 0) + line.list_amount.minor

    @evolve.register
    def _(self, event: RefundAutoApproved | RefundApproved) -> None:
        self.cases.pop(event.refund_id, None)
        self._take_back(event.lines)

    @evolve.register
    def _(self, event: RefundRejected | RefundWithdrawn) -> None:
        self.cases.pop(event.refund_id, None)

    @evolve.register
    def _(self, event: ReturnExpired) -> None:
        self.cases.pop(event.refund_id, None)
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

    @evolve.register(ParcelsConsolidated)
    @evolve.register(ParcelSplit)
    def _(self, _: Event) -> None:
        self.is_repacked = True

    def _release(self, line_id: str, parcel_id: str | None, *, qty: int, fen: int) -> None:
        held = self.released.setdefault(line_id, {}).setdefault(parcel_id or "", Released())
        held.qty, held.fen = held.qty + qty, held.fen + fen

    def _take_back(self, lines: Iterable[ApprovedLine], sign: int = 1) -> None:
        for line in lines:
            fen = (line.from_available + line.fee_back + line.vat_back).minor
            if fen:
                self._release(line.line_id, line.parcel_id, qty=-sign * line.released_qty, fen=-sign * fen)

    def _reach(self, event: Any) -> None:
        self.disputes.setdefault(event.dispute_id, StagedDispute(dispute_id=event.dispute_id)).reach(event)


def _claim_of(dispute: StagedDispute, line_id: str, places: Iterable[Released]) -> int:
    """Returns the dispute's claim on a line in fen, on the released units with the highest price first."""
    if not dispute.is_open or not dispute.concerns(line_id):
        return 0
    places = list(places)
    left, claim = dispute.lines.get(line_id, sum(max(0, held.qty) for held in places)), 0
    for held in sorted(places, key=lambda held: -held.of(1)):
        claim += held.of(left)
        left -= min(left, max(0, held.qty))
    return claim
