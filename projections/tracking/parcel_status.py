"""The state of a parcel in its row, from the few facts that decide it, in any order of arrival."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.deliveries import BEFORE_THE_LAST_LEG, DELIVERIES, GOING_BACK, went_to
from ledger.events.milestones import MILESTONES, UNDOING, UNDONE_BY, furthest, in_order
from projections.engine.batch import Row

# After-sales services and promises depend on the first time of each of these.
_FIRST = {
    "dispatched": "dispatched_at",
    "received_at_warehouse": "received_at_warehouse",
    "export_released": "export_released_at",
    "departed": "departed_at",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a parcel, with its place. `counts_from` is None if the fact counts from when it happened."""

    milestone: str
    happened_at: datetime
    location: str = ""
    counts_from: datetime | None = None
    evidence_kind: str | None = None  # of a signature: '' if it is only deemed; None if the fact is no signature
    to_recipient: bool = False  # true for a delivery whose recipient the carrier names


def reach(row: Row, fact: Fact) -> None:
    """Applies a fact to the row. The status is the furthest fact, in any order of arrival."""
    _remember(row, fact)
    facts = remembered(row)
    if reached := furthest(facts):
        row["stage"] = MILESTONES[reached.word].stage
        row["milestone"], row["occurred_at"] = reached.word, reached.fact.happened_at
        row["location"] = reached.fact.location
    signed = [(at, not kind, kind) for at, kind in counted_signatures(facts)]
    row["signed_at"], _, row["evidence_kind"] = min(signed, default=(None, False, ""))


def counted_signatures(facts: Collection[Fact]) -> list[tuple[datetime, str]]:
    """Returns the recipient's signatures: the instant from which each counts, and its kind of evidence."""
    return [
        (fact.counts_from or fact.happened_at, fact.evidence_kind)
        for fact in went_to(facts, "recipient")
        if fact.evidence_kind is not None
    ]


def mark_of(carrier: str) -> str:
    """Returns a hash of the carrier's name, for a lock that depends on the carrier.

    The name itself must not be kept.
    """
    return sha256(carrier.encode()).hexdigest()[:16]


def hand_over(row: Row, hand_overs: Iterable[tuple[datetime, str]]) -> None:
    """Adds hand-overs to carriers: the instant of each, and the hash of the carrier."""
    known = {(at, mark) for at, mark in from_json(row["hand_overs"])}
    known |= {(at.isoformat(), mark) for at, mark in hand_overs}
    row["hand_overs"] = canonical(sorted(known))


def carry(row: Row, at: datetime, carrier: str) -> None:
    """Records that a carrier reports to have the parcel. The latest report counts."""
    if carrier and (at, mark_of(carrier)) > max(_instants(row["carried_by"]), default=(at, "")):
        row["carried_by"] = canonical([[at.isoformat(), mark_of(carrier)]])


def handed_over(row: Row) -> list[tuple[datetime, str]]:
    """Returns the hand-overs of the parcel: the instant of each, and the hash of the carrier."""
    return _instants(row["hand_overs"])


def carrier_of(row: Row) -> str:
    """Returns the hash of the parcel's latest carrier, or '' if none is reported."""
    return max((*_instants(row["hand_overs"]), *_instants(row["carried_by"])), default=(None, ""))[1]


def _instants(text: str) -> list[tuple[datetime, str]]:
    return [(datetime.fromisoformat(at), mark) for at, mark in from_json(text)]


def _remember(row: Row, fact: Fact) -> None:
    first = _FIRST.get(fact.milestone)
    counts_from = fact.counts_from or fact.happened_at
    if first and (row[first] is None or counts_from < row[first]):
        row[first] = counts_from
    if fact.milestone in UNDONE_BY or fact.milestone in UNDOING:
        _turn(row, fact)
    if fact.milestone in DELIVERIES or fact.milestone in GOING_BACK or fact.milestone in BEFORE_THE_LAST_LEG:
        row["deliveries"] = _with_delivery(row["deliveries"], fact)
    if fact.milestone in UNDONE_BY or fact.milestone in DELIVERIES:
        return
    before = _way(row)
    if before is None or ((reached := furthest((before, fact))) and reached.fact is fact):
        row["way_milestone"], row["way_at"], row["way_location"] = fact.milestone, fact.happened_at, fact.location


def _with_delivery(text: str, fact: Fact) -> str:
    """Returns all deliveries, the first fact of the way back, and the last fact before the last leg.

    The last two decide to whom a delivery went.
    """
    facts = {*_deliveries(text), fact}
    back = sorted((f for f in facts if f.milestone in GOING_BACK), key=in_order)[:1]
    before = sorted((f for f in facts if f.milestone in BEFORE_THE_LAST_LEG), key=in_order)[-1:]
    deliveries = [f for f in facts if f.milestone in DELIVERIES]
    return canonical(sorted(([*_stored(f)] for f in (*deliveries, *back, *before)), key=canonical))


def _stored(fact: Fact) -> tuple[Any, ...]:
    counts_from = fact.counts_from.isoformat() if fact.counts_from else None
    return (
        fact.milestone,
        fact.happened_at.isoformat(),
        fact.location,
        counts_from,
        fact.evidence_kind,
        fact.to_recipient,
    )


def _deliveries(text: str) -> Iterator[Fact]:
    for milestone, at, location, counts_from, kind, named in from_json(text):
        since = datetime.fromisoformat(counts_from) if counts_from else None
        yield Fact(milestone, datetime.fromisoformat(at), location, since, kind, named)


def _turn(row: Row, fact: Fact) -> None:
    """Keeps the last fact of each kind that can be undone or undoes another."""
    turns = from_json(row["turns"])
    known = turns.get(fact.milestone)
    if known is None or datetime.fromisoformat(known[0]) < fact.happened_at:
        row["turns"] = canonical(turns | {fact.milestone: [fact.happened_at.isoformat(), fact.location]})


def remembered(row: Row) -> list[Fact]:
    """Returns the facts of the parcel that decide its state."""
    turns = from_json(row["turns"]).items()
    facts = [Fact(milestone, datetime.fromisoformat(at), location) for milestone, (at, location) in turns]
    return [*facts, *_deliveries(row["deliveries"]), *(fact for fact in (_way(row),) if fact)]


def _way(row: Row) -> Fact | None:
    return Fact(row["way_milestone"], row["way_at"], row["way_location"]) if row["way_milestone"] else None
