"""Parcels of an order, folded from its events in any order: decisions and tracking both use this fold."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from ledger.deadlines import NEVER, has_come
from ledger.events.deliveries import NAMES_THE_RECIPIENT
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, WORDS
from ledger.events.parcels import (
    CustomsFact,
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
from ledger.folds.evolution import Evolving
from ledger.folds.parcel import BACK_WITH_MERCHANT, FREE_AGAIN, Journey, Parcel
from ledger.folds.parcel_facts import Delivery, Dispatch, Fact, Signature, fact_of

# The instants that deadlines count from (`AfterSalesLock.anchor`).
_ANCHORS = ("dispatched_at", "received_at_warehouse", "export_released_at", "departed_at")


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
        return [self.journey(parcel, line_id) for parcel in self._by_line.get(line_id, ()) if not _is_emptied(parcel)]

    def journey(self, parcel: Parcel, line_id: str) -> Journey:
        """Returns the journey of the parcel's units of a line. Units that came from several parcels count from the
        last of them: they are alike now. Other lines of those parcels do not matter."""
        origins = [self._parcels[parcel_id] for parcel_id in parcel.came_from]
        earlier = [self._until_moved(o, line_id) for o in origins if any(o is p for p in self._by_line[line_id])]
        return _with_last(parcel.journey(line_id), earlier)

    def whole_journey(self, parcel: Parcel) -> Journey:
        """Returns the journey of all units of the parcel: each instant is that of the last line."""
        if not parcel.came_from:  # all its lines have been in no other parcel
            return parcel.journey("")
        lines = dict.fromkeys(item.line_id for item in parcel.items)
        return _with_last(parcel.journey(""), [self.journey(parcel, line_id) for line_id in lines])

    def onward(self, parcel_ids: Iterable[str]) -> list[str]:
        """Returns these parcels, then all parcels that units of them moved to."""
        found = list(dict.fromkeys(parcel_ids))
        for parcel_id in found:
            parcel = self.of(parcel_id)
            found += [later for later in (parcel.went_into if parcel else ()) if later not in found]
        return found

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

    def _until_moved(self, origin: Parcel, line_id: str) -> Journey:
        """Returns the journey of units until they moved out of the parcel. Its later facts are not theirs."""
        journey, moved_at = self.journey(origin, line_id), origin.moved_at
        assert moved_at is not None, "units came from a parcel that they left"
        known: dict[str, Any] = {name: has_come(getattr(journey, name), moved_at) for name in _ANCHORS}
        return replace(journey, **known)

    def _put(self, parcel: Parcel, items: tuple[ParcelItem, ...]) -> None:
        parcel.items += items
        for line_id in {item.line_id for item in items}:
            if all(other is not parcel for other in self._by_line[line_id]):
                self._by_line[line_id].append(parcel)

    def _obtain(self, parcel_id: str) -> Parcel:
        return self._parcels.setdefault(parcel_id, Parcel(parcel_id, far=self._far))


def _with_last(journey: Journey, parts: Sequence[Journey]) -> Journey:
    """Returns the journey with the last known instant of its parts, for each instant that a deadline counts from."""
    last: dict[str, Any] = {
        name: max((at for part in parts if (at := getattr(part, name))), default=None) for name in _ANCHORS
    }
    return replace(journey, **{name: at for name, at in last.items() if at}) if parts else journey


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
