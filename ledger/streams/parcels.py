"""What an order remembers of its parcels: what is in them, what happened to them, how far they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.milestones import ENDS, MILESTONES, WORDS, furthest, in_order
from ledger.events.shipment import (
    EvidenceKind,
    ParcelCreated,
    ParcelDeemedSigned,
    ParcelDispatched,
    ParcelFact,
    ParcelItem,
    ParcelsConsolidated,
    ParcelSignedFor,
    ParcelSplit,
)

BACK_WITH_MERCHANT = "rejected_at_warehouse"  # the goods never passed into the platform's custody
FREE_AGAIN = frozenset((BACK_WITH_MERCHANT, "returned_to_warehouse"))  # these quantities may be packed anew


@dataclass(frozen=True, slots=True)
class Fact:
    """One remembered fact of a parcel's way; `code` tells apart two of one kind at one instant."""

    milestone: str
    happened_at: datetime
    code: str = ""


@dataclass(frozen=True, slots=True)
class Dispatch:
    """A hand-over to the domestic carrier."""

    dispatched_at: datetime
    carrier: str
    tracking_no: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A proof of delivery; without `evidence_kind` it is only deemed."""

    signed_at: datetime
    evidence_kind: EvidenceKind | None
    proof_ref: str = ""


@dataclass(frozen=True, slots=True)
class Journey:
    """How some quantity of a line travels: the instants that after-sales, release and liability rest on.

    `ended` is the milestone that ended it (`signed_for`, `lost`, `export_rejected` …), empty while it is on its way.
    """

    parcel_id: str
    qty: int
    dispatched_at: datetime | None
    received_at_warehouse: datetime | None
    signed_at: datetime | None
    lost_at: datetime | None
    ended: str
    export_released_at: datetime | None = None
    departed_at: datetime | None = None
    evidence_kind: EvidenceKind | None = None


@dataclass(slots=True)
class Parcel:
    """One parcel. Facts may name it before it is created; then it has no items yet."""

    parcel_id: str
    created: bool = False
    items: tuple[ParcelItem, ...] = ()
    warehouse_id: str = ""
    facts: list[Fact] = field(default_factory=list)
    dispatches: list[Dispatch] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The highest-ranked milestone reached, in whatever order the facts became known; empty where there is none."""
        fact = furthest(self.facts)
        if fact and (MILESTONES[fact.milestone].rank > 0 or not self.created):
            return fact.milestone
        return "created" if self.created else ""

    @property
    def timeline(self) -> list[Fact]:
        """All facts by when they happened."""
        return sorted(self.facts, key=lambda fact: (*in_order(fact), fact.code))

    @property
    def dispatch(self) -> Dispatch | None:
        """The first hand-over, or None."""
        return min(self.dispatches, key=lambda d: (d.dispatched_at, d.tracking_no, d.carrier), default=None)

    @property
    def signature(self) -> Signature | None:
        """The first signature, or None; of two at one instant the proven one."""
        return min(self.signatures, key=lambda s: (s.signed_at, s.evidence_kind is None, s.proof_ref), default=None)

    @property
    def lost_at(self) -> datetime | None:
        """Since when it is lost; None where it never was, or was found since."""
        lost, found = self.last("lost"), self.last("found")
        return None if lost is None or (found is not None and found >= lost) else lost

    def first(self, milestone: str) -> datetime | None:
        """When the milestone was first reached, or None."""
        return min((fact.happened_at for fact in self.facts if fact.milestone == milestone), default=None)

    def last(self, milestone: str) -> datetime | None:
        """When the milestone was last reached, or None."""
        return max((fact.happened_at for fact in self.facts if fact.milestone == milestone), default=None)

    def quantity(self, line_id: str) -> int:
        return sum(item.qty for item in self.items if item.line_id == line_id)

    def journey(self, line_id: str) -> Journey:
        """The journey of this parcel's quantity of a line."""
        status, signature = self.status, self.signature
        return Journey(
            parcel_id=self.parcel_id,
            qty=self.quantity(line_id),
            dispatched_at=self.dispatch.dispatched_at if self.dispatch else None,
            received_at_warehouse=self.first("received_at_warehouse"),
            signed_at=signature.signed_at if signature else None,
            lost_at=self.lost_at,
            ended=status if status in ENDS else "",
            export_released_at=self.first("export_released"),
            departed_at=self.first("departed"),
            evidence_kind=signature.evidence_kind if signature else None,
        )


class Parcels:
    """The parcels of one order. `evolve` takes every event of `ledger.events.shipment`, in any order."""

    def __init__(self) -> None:
        self._parcels: dict[str, Parcel] = {}
        self._by_line: defaultdict[str, list[Parcel]] = defaultdict(list)

    def __iter__(self) -> Iterator[Parcel]:
        return iter(self._parcels.values())

    def of(self, parcel_id: str) -> Parcel | None:
        """The parcel, or None where nothing is known of it."""
        return self._parcels.get(parcel_id)

    def tracked_as(self, tracking_no: str) -> Parcel | None:
        """The parcel that was handed over under this tracking number, or None."""
        for parcel in self:
            if any(dispatch.tracking_no == tracking_no for dispatch in parcel.dispatches):
                return parcel
        return None

    def assigned(self, line_id: str) -> int:
        """The quantity in parcels, but for those whose goods are free to be packed again (rejected, returned)."""
        parcels = self._by_line.get(line_id, ())
        return sum(parcel.quantity(line_id) for parcel in parcels if parcel.status not in FREE_AGAIN)

    def dispatched(self, line_id: str) -> int:
        """The quantity that was handed over and not turned away at the warehouse's door.

        What came back to the warehouse later still counts: it left the merchant's custody.
        """
        parcels = self._by_line.get(line_id, ())
        return sum(p.quantity(line_id) for p in parcels if p.dispatches and p.status != BACK_WITH_MERCHANT)

    def journeys(self, line_id: str) -> list[Journey]:
        """How each parcel's quantity of the line travels."""
        return [parcel.journey(line_id) for parcel in self._by_line.get(line_id, ())]

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Remember a parcel event; charges and duties change nothing here."""

    @evolve.register
    def _(self, event: ParcelCreated) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.created, parcel.items, parcel.warehouse_id = True, event.items, event.warehouse_id
        for line_id in {item.line_id for item in event.items}:
            self._by_line[line_id].append(parcel)

    @evolve.register
    def _(self, event: ParcelDispatched) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.dispatches.append(Dispatch(event.dispatched_at, event.carrier, event.tracking_no))
        parcel.facts.append(Fact("dispatched", event.dispatched_at, event.tracking_no))

    @evolve.register
    def _(self, event: ParcelFact) -> None:
        fact = Fact(WORDS[type(event)], event.happened_at, event.raw_code)
        self._obtain(event.parcel_id).facts.append(fact)

    @evolve.register
    def _(self, event: ParcelSignedFor) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.signatures.append(Signature(event.happened_at, event.evidence_kind, event.proof_ref))
        parcel.facts.append(Fact("signed_for", event.happened_at, event.raw_code))

    @evolve.register
    def _(self, event: ParcelDeemedSigned) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.signatures.append(Signature(event.signed_at, None))
        parcel.facts.append(Fact("deemed_signed", event.signed_at))

    @evolve.register
    def _(self, event: ParcelsConsolidated | ParcelSplit) -> None:
        for parcel_id in dict.fromkeys((*event.from_parcels, *event.to_parcels)):
            fact = Fact(WORDS[type(event)], event.happened_at, event.tracking_no)
            self._obtain(parcel_id).facts.append(fact)

    def _obtain(self, parcel_id: str) -> Parcel:
        return self._parcels.setdefault(parcel_id, Parcel(parcel_id))
