"""Parcels of an order: their contents, their facts and their status."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from ledger.deadlines import NEVER
from ledger.events.deliveries import DELIVERIES, NAMES_THE_RECIPIENT, went_to
from ledger.events.event import Event
from ledger.events.milestones import ENDS, MILESTONES, WORDS, furthest
from ledger.events.parcels import (
    CustomsFact,
    EvidenceKind,
    ParcelContents,
    ParcelCreated,
    ParcelDeemedSigned,
    ParcelDispatched,
    ParcelFact,
    ParcelItem,
    ParcelReturnedToSender,
    ParcelsConsolidated,
    ParcelSignedFor,
    ParcelSplit,
)
from ledger.streams.evolution import Evolving
from ledger.streams.orders.parcel_facts import Delivery, Dispatch, Fact, Signature, by_time, fact_of

BACK_WITH_MERCHANT = "rejected_at_warehouse"  # the goods never passed into the platform's custody
# Units of parcels with these statuses may be packed again.
FREE_AGAIN = frozenset((BACK_WITH_MERCHANT, "returned_to_warehouse", "returned_to_sender"))


@dataclass(frozen=True, slots=True)
class Journey:
    """The journey of some units of a line, with the instants that after-sales, release and liability use.

    An instant is `NEVER` if the reported one lies too far ahead. `ended` is the milestone that ended the journey
    (`signed_for`, `lost`, `export_rejected` …), empty while the parcel is on its way.
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
    carrier: str = ""  # the last reported carrier

    @property
    def has_left(self) -> bool:
        """True if the units have left the merchant, by any fact: carriers do not report every step."""
        return _is_out(self.ended, self.dispatched_at or self.received_at_warehouse or self.departed_at)


@dataclass(slots=True)
class Parcel:
    """One parcel. Facts may name it before it is created; then it has no items yet."""

    parcel_id: str
    created: bool = False
    items: tuple[ParcelItem, ...] = ()  # its present contents
    packed: tuple[ParcelItem, ...] = ()  # its first contents
    warehouse_id: str = ""
    facts: list[Fact] = field(default_factory=list)
    reasons: dict[Fact, str] = field(default_factory=dict)  # of facts that were reported with one
    dispatches: list[Dispatch] = field(default_factory=list)
    signatures: list[Signature] = field(default_factory=list)  # all that were reported
    returned: set[Delivery] = field(default_factory=set)  # deliveries that were recorded as returns to the sender
    deliveries: set[Delivery] = field(default_factory=set)  # all that a carrier reported
    declarations: list[str] = field(default_factory=list)  # numbers of its export declarations
    tracking_nos: list[str] = field(default_factory=list)  # given after the dispatch
    carried_by: list[tuple[datetime, str]] = field(default_factory=list)  # (instant, carrier) of each report
    came_from: list[str] = field(default_factory=list)
    went_into: list[str] = field(default_factory=list)
    before: list[Dispatch] = field(default_factory=list)  # dispatches of the parcels that its units came from
    moved_at: datetime | None = None  # when its units moved to the parcels in `went_into`
    far: set[tuple[str, datetime]] = field(default_factory=set)  # (milestone, instant) too far ahead to count

    @property
    def status(self) -> str:
        """The milestone with the highest rank, in whatever order the facts became known; empty if there is none."""
        reached = furthest(self.facts)
        if reached and (MILESTONES[reached.word].rank > 0 or not self.created):
            return reached.word
        return "created" if self.created else ""

    @property
    def timeline(self) -> list[Fact]:
        """All facts by instant."""
        return sorted(self.facts, key=by_time)

    @property
    def dispatch(self) -> Dispatch | None:
        """The first dispatch, or None."""
        return min(
            (*self.dispatches, *self.before), key=lambda d: (d.dispatched_at, d.tracking_no, d.carrier), default=None
        )

    @property
    def counted_signatures(self) -> Collection[Signature]:
        """The signatures of the recipient, by all facts of the parcel (`ledger.events.deliveries`)."""
        if not self.signatures:
            return ()
        way = [fact for fact in self.facts if fact.milestone not in DELIVERIES]
        facts: tuple[Fact | Signature, ...] = (*way, *self.signatures)
        return [s for s in went_to(facts, "recipient") if isinstance(s, Signature)]

    @property
    def proven_signatures(self) -> Collection[Signature]:
        """The counted signatures that a carrier reported, without deemed ones."""
        return [signature for signature in self.counted_signatures if signature.evidence_kind is not None]

    @property
    def signature(self) -> Signature | None:
        """The first counted signature, or None. Of two at one instant the proven one counts."""
        counted = self.counted_signatures
        return min(counted, key=lambda s: (s.signed_at, s.evidence_kind is None, s.proof_ref), default=None)

    @property
    def carrier(self) -> str:
        """The last reported carrier, or an empty string."""
        handed_over = [(dispatch.dispatched_at, dispatch.carrier) for dispatch in (*self.dispatches, *self.before)]
        return max((*handed_over, *self.carried_by), default=(None, ""))[1]

    @property
    def has_left(self) -> bool:
        """True if it has left the merchant. All its journeys have the same answer."""
        if self.dispatches and self.first(BACK_WITH_MERCHANT) is None:  # a shortcut for most parcels
            return True
        status, handed_over = self.status, self.dispatches or self.before
        return _is_out(status, handed_over or self.first("received_at_warehouse") or self.first("departed"))

    @property
    def lost_at(self) -> datetime | None:
        """The instant of the latest loss. None if there is none, it was found later, or a recipient signed for it."""
        lost, found = self.last("lost"), self.last("found")
        if lost is None or (found is not None and found >= lost) or self.proven_signatures:
            return None
        return lost

    def first(self, milestone: str) -> datetime | None:
        """Returns the first instant of the milestone, or None."""
        return min((fact.happened_at for fact in self.facts if fact.milestone == milestone), default=None)

    def last(self, milestone: str) -> datetime | None:
        """Returns the last instant of the milestone, or None."""
        return max((fact.happened_at for fact in self.facts if fact.milestone == milestone), default=None)

    def counts_from(self, milestone: str, at: datetime | None) -> datetime | None:
        """Returns the instant from which the milestone counts: `at`, or `NEVER` if it lies too far ahead."""
        return NEVER if at is not None and (milestone, at) in self.far else at

    def quantity(self, line_id: str) -> int:
        return sum(item.qty for item in self.items if item.line_id == line_id)

    def journey(self, line_id: str) -> Journey:
        """Returns the journey of this parcel's units of a line."""
        status, signature = self.status, self.signature
        return Journey(
            parcel_id=self.parcel_id,
            qty=self.quantity(line_id),
            dispatched_at=self.counts_from("dispatched", self.dispatch.dispatched_at) if self.dispatch else None,
            received_at_warehouse=self.counts_from("received_at_warehouse", self.first("received_at_warehouse")),
            signed_at=self.counts_from("signed_for", signature.signed_at) if signature else None,
            lost_at=self.lost_at,
            ended=status if status in ENDS else "",
            export_released_at=self.counts_from("export_released", self.first("export_released")),
            departed_at=self.counts_from("departed", self.first("departed")),
            evidence_kind=signature.evidence_kind if signature else None,
            carrier=self.carrier,
        )


class Parcels(Evolving):
    """The parcels of one order. `evolve` accepts the events of `ledger.events.parcels` in any order."""

    def __init__(self) -> None:
        self._parcels: dict[str, Parcel] = {}
        self._far: set[tuple[str, datetime]] = set()  # of all parcels, because units move between them
        self._by_line: defaultdict[str, list[Parcel]] = defaultdict(list)

    def __iter__(self) -> Iterator[Parcel]:
        return iter(self._parcels.values())

    def of(self, parcel_id: str) -> Parcel | None:
        """Returns the parcel, or None if nothing is known of it."""
        return self._parcels.get(parcel_id)

    def tracked_as(self, tracking_no: str) -> Parcel | None:
        """Returns the parcel with this tracking number, or None."""
        for parcel in self:
            if tracking_no in parcel.tracking_nos or any(d.tracking_no == tracking_no for d in parcel.dispatches):
                return parcel
        return None

    def quantities(self, parcel_id: str) -> Counter[str]:
        """Returns the units in a parcel by line; empty if nothing is known of it."""
        held = Counter[str]()
        parcel = self.of(parcel_id)
        for item in parcel.items if parcel else ():
            held[item.line_id] += item.qty
        return held

    def assigned(self, line_id: str) -> int:
        """Returns the units in parcels, without those that may be packed again (rejected or returned)."""
        parcels = self._by_line.get(line_id, ())
        return sum(parcel.quantity(line_id) for parcel in parcels if parcel.status not in FREE_AGAIN)

    def dispatched(self, line_id: str) -> int:
        """Returns the units that were dispatched and not rejected at the warehouse.

        Units that came back to the warehouse later still count: they had left the merchant's custody.
        """
        parcels = self._by_line.get(line_id, ())
        return sum(p.quantity(line_id) for p in parcels if p.dispatch and p.status != BACK_WITH_MERCHANT)

    def journeys(self, line_id: str) -> list[Journey]:
        """Returns the journey of each parcel with units of the line. A parcel whose units moved to others has none."""
        return [self._journey(parcel, line_id) for parcel in self._by_line.get(line_id, ()) if not _is_emptied(parcel)]

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies a parcel event. Charges and duties change nothing here."""

    @evolve.register
    def _(self, event: ParcelCreated) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.created, parcel.packed, parcel.warehouse_id = True, event.items, event.warehouse_id
        if parcel.moved_at is None:  # else its units have moved to other parcels already
            self._put(parcel, event.items)

    @evolve.register
    def _(self, event: ParcelDispatched) -> None:
        parcel = self._obtain(event.parcel_id)
        self._judge(event, "dispatched", event.dispatched_at)
        handed_over = Dispatch(event.dispatched_at, event.carrier, event.tracking_no)
        parcel.dispatches.append(handed_over)
        self._add_fact(parcel, Fact.of("dispatched", event.dispatched_at, event.tracking_no), handed_over)

    @evolve.register
    def _(self, event: ParcelFact) -> None:
        parcel = self._obtain(event.parcel_id)
        if event.carrier:
            parcel.carried_by.append((event.happened_at, event.carrier))
        if isinstance(event, ParcelReturnedToSender) and event.evidence_kind is not None:
            self._deliver(parcel, event, Delivery(event.happened_at, event.evidence_kind, event.evidence_ref))
            parcel.returned.add(Delivery(event.happened_at, event.evidence_kind, event.evidence_ref))
            return
        self._judge(event, WORDS[type(event)], event.happened_at)
        self._add_fact(parcel, fact_of(event), reason=event.reason)

    @evolve.register
    def _(self, event: CustomsFact) -> None:
        parcel = self._obtain(event.parcel_id)
        if (
            event.declaration_no
            and WORDS[type(event)].startswith("export")
            and event.declaration_no not in parcel.declarations
        ):
            parcel.declarations.append(event.declaration_no)
        self._judge(event, WORDS[type(event)], event.happened_at)
        self._add_fact(parcel, fact_of(event), reason=event.reason)

    @evolve.register
    def _(self, event: ParcelSignedFor) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.signatures.append(Signature(event.happened_at, event.evidence_kind, event.proof_ref))
        self._deliver(parcel, event, Delivery(event.happened_at, event.evidence_kind, event.proof_ref))

    @evolve.register
    def _(self, event: ParcelDeemedSigned) -> None:
        parcel = self._obtain(event.parcel_id)
        parcel.signatures.append(Signature(event.signed_at, None))
        parcel.facts.append(Fact.of("deemed_signed", event.signed_at))

    @evolve.register
    def _(self, event: ParcelsConsolidated | ParcelSplit) -> None:
        sources = [self._obtain(parcel_id) for parcel_id in event.from_parcels]
        targets = [self._obtain(parcel_id) for parcel_id in event.to_parcels]
        for parcel in dict.fromkeys(p.parcel_id for p in (*sources, *targets)):
            self._parcels[parcel].facts.append(Fact.of(WORDS[type(event)], event.happened_at, event.tracking_no))
        for content in event.contents:
            self._fill(self._obtain(content.parcel_id), content, sources)
        for source in sources:
            self._leave(source, [target for target in targets if target is not source], event)

    def _deliver(self, parcel: Parcel, event: ParcelFact, delivery: Delivery) -> None:
        """Records a delivery as the carrier reported it. All facts together say who got the parcel."""
        self._judge(event, "signed_for", event.happened_at)
        named = delivery.evidence_kind == NAMES_THE_RECIPIENT
        fact = Fact.of("signed_for", event.happened_at, event.raw_code, to_recipient=named)
        if delivery not in parcel.deliveries or fact not in parcel.facts:
            parcel.facts.append(fact)
        parcel.deliveries.add(delivery)

    def _judge(self, event: Event, milestone: str, at: datetime) -> None:
        """Records an instant that lies too far ahead to count."""
        if event.counts_from(at) == NEVER:
            self._far.add((milestone, at))

    def _fill(self, target: Parcel, content: ParcelContents, sources: Sequence[Parcel]) -> None:
        target.created = True
        target.warehouse_id = target.warehouse_id or next((s.warehouse_id for s in sources if s.warehouse_id), "")
        if content.tracking_no:
            target.tracking_nos.append(content.tracking_no)
        target.packed = target.packed or content.items
        self._put(target, content.items)

    def _leave(self, source: Parcel, targets: Sequence[Parcel], event: ParcelsConsolidated | ParcelSplit) -> None:
        """Moves units out of the parcel. The new parcels keep its facts up to that instant."""
        source.items = () if isinstance(event, ParcelsConsolidated) and event.contents else _left(source.items, event)
        if source.moved_at is None and event.contents:
            source.moved_at, source.went_into = event.happened_at, [target.parcel_id for target in targets]
            for target in targets:
                target.came_from.append(source.parcel_id)
                target.facts += [fact for fact in source.facts if _came_along(source, fact)]
                target.reasons |= source.reasons
                target.before += [d for d in (*source.dispatches, *source.before) if d.dispatched_at <= source.moved_at]

    def _add_fact(self, parcel: Parcel, fact: Fact, handed_over: Dispatch | None = None, *, reason: str = "") -> None:
        """Adds a fact to the parcel and, if it happened before the move, to the parcels that its units moved to."""
        parcel.facts.append(fact)
        if reason:
            parcel.reasons[fact] = reason
        for parcel_id in parcel.went_into if _came_along(parcel, fact) else ():
            later = self._parcels[parcel_id]
            later.before += [handed_over] if handed_over else []
            self._add_fact(later, fact, handed_over, reason=reason)

    def _journey(self, parcel: Parcel, line_id: str) -> Journey:
        """Returns the journey. Units dispatched in several parcels and consolidated count from the last dispatch."""
        journey = parcel.journey(line_id)
        origins = [self._parcels[parcel_id] for parcel_id in parcel.came_from]
        held = [origin for origin in origins if any(item.line_id == line_id for item in origin.packed)]
        handed_over = [at for origin in held if (at := self._journey(origin, line_id).dispatched_at)]
        return replace(journey, dispatched_at=max(handed_over)) if handed_over else journey

    def _put(self, parcel: Parcel, items: tuple[ParcelItem, ...]) -> None:
        parcel.items += items
        for line_id in {item.line_id for item in items}:
            if all(other is not parcel for other in self._by_line[line_id]):
                self._by_line[line_id].append(parcel)

    def _obtain(self, parcel_id: str) -> Parcel:
        return self._parcels.setdefault(parcel_id, Parcel(parcel_id, far=self._far))


def _is_out(status: str, under_way: object) -> bool:
    return status != BACK_WITH_MERCHANT and (status in ENDS or bool(under_way))


def moving(event: ParcelsConsolidated | ParcelSplit, line_id: str, qty: int) -> dict[str | None, int]:
    """Returns the units of a line that move, by target parcel: all of them, or as reported for a split."""
    if isinstance(event, ParcelsConsolidated):
        return {content.parcel_id: qty for content in event.contents}
    held = {c.parcel_id: sum(i.qty for i in c.items if i.line_id == line_id) for c in event.contents}
    return {parcel_id: qty for parcel_id, qty in held.items() if qty}


def _left(items: Iterable[ParcelItem], event: ParcelSplit | ParcelsConsolidated) -> tuple[ParcelItem, ...]:
    moved = Counter[str]()
    for content in event.contents:
        for item in content.items:
            moved[item.line_id] += item.qty
    left = []
    for item in items:
        gone = min(item.qty, moved[item.line_id])
        moved[item.line_id] -= gone
        left += [item.model_copy(update={"qty": item.qty - gone})] if item.qty > gone else []
    return tuple(left)


def _came_along(parcel: Parcel, fact: Fact) -> bool:
    reported = parcel.moved_at is not None and fact.happened_at <= parcel.moved_at
    return reported and (MILESTONES[fact.milestone].rank > 0 or fact.milestone == "found")


def _is_emptied(parcel: Parcel) -> bool:
    return parcel.moved_at is not None and not parcel.items
