"""How far a parcel is, kept in its row: as few of its facts as its standing depends on, in whatever order they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.milestones import MILESTONES, UNDONE_BY, furthest
from projections.engine.batch import Row

# The first time each of these happened is what after-sales and promises rest on.
_FIRST = {
    "dispatched": "dispatched_at",
    "received_at_warehouse": "received_at_warehouse",
    "export_released": "export_released_at",
    "departed": "departed_at",
}
_UNDOING = frozenset(UNDONE_BY.values())


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact of a parcel's way, with where it happened. `counts_from` is left out where that is when it happened."""

    milestone: str
    happened_at: datetime
    location: str = ""
    counts_from: datetime | None = None


def reach(row: Row, fact: Fact) -> None:
    """Take one more fact into the row: the status is the furthest fact, whatever order they come in."""
    _remember(row, fact)
    standing = furthest(remembered(row))
    if standing:
        row["stage"] = MILESTONES[standing.milestone].stage
        row["milestone"], row["occurred_at"] = standing.milestone, standing.happened_at
        row["location"] = standing.location


def sign(row: Row, at: datetime, evidence_kind: str) -> Row:
    """The first signature is shown; of two at one instant the proven one. The first of each kind is kept."""
    signatures = from_json(row["signatures"])
    first = signatures.get(evidence_kind)
    if first is None or at < datetime.fromisoformat(first):
        row["signatures"] = canonical(signatures | {evidence_kind: at.isoformat()})
    known = row["signed_at"]
    if known is None or at < known or (at == known and not row["evidence_kind"]):
        row["signed_at"], row["evidence_kind"] = at, evidence_kind
    return row


def mark_of(carrier: str) -> str:
    """What tells carriers apart where their names must not be: a lock by evidence asks who had the parcel."""
    return sha256(carrier.encode()).hexdigest()[:16]


def hand_over(row: Row, hand_overs: Iterable[tuple[datetime, str]]) -> None:
    """The parcel was handed over to carriers with these marks."""
    known = {(at, mark) for at, mark in from_json(row["hand_overs"])}
    known |= {(at.isoformat(), mark) for at, mark in hand_overs}
    row["hand_overs"] = canonical(sorted(known))


def carry(row: Row, at: datetime, carrier: str) -> None:
    """A carrier says it has the parcel; the last one counts."""
    if carrier and (at, mark_of(carrier)) > max(_instants(row["carried_by"]), default=(at, "")):
        row["carried_by"] = canonical([[at.isoformat(), mark_of(carrier)]])


def handed_over(row: Row) -> list[tuple[datetime, str]]:
    """The parcel's hand-overs: when, and the mark of the carrier."""
    return _instants(row["hand_overs"])


def carrier_of(row: Row) -> str:
    """The mark of who had it last; empty where nobody said."""
    return max((*_instants(row["hand_overs"]), *_instants(row["carried_by"])), default=(None, ""))[1]


def _instants(text: str) -> list[tuple[datetime, str]]:
    return [(datetime.fromisoformat(at), mark) for at, mark in from_json(text)]


def _remember(row: Row, fact: Fact) -> None:
    first = _FIRST.get(fact.milestone)
    counts_from = fact.counts_from or fact.happened_at
    if first and (row[first] is None or counts_from < row[first]):
        row[first] = counts_from
    if fact.milestone in UNDONE_BY or fact.milestone in _UNDOING:
        _turn(row, fact)
    if fact.milestone in UNDONE_BY:
        return
    before = _way(row)
    if before is None or furthest((before, fact)) is fact:
        row["way_milestone"], row["way_at"], row["way_location"] = fact.milestone, fact.happened_at, fact.location


def _turn(row: Row, fact: Fact) -> None:
    """The last of each fact that can be undone, or undoes one."""
    turns = from_json(row["turns"])
    known = turns.get(fact.milestone)
    if known is None or datetime.fromisoformat(known[0]) < fact.happened_at:
        row["turns"] = canonical(turns | {fact.milestone: [fact.happened_at.isoformat(), fact.location]})


def remembered(row: Row) -> list[Fact]:
    """As much of the parcel's facts as its standing depends on."""
    turns = from_json(row["turns"]).items()
    facts = [Fact(milestone, datetime.fromisoformat(at), location) for milestone, (at, location) in turns]
    return facts + [fact for fact in (_way(row),) if fact]


def _way(row: Row) -> Fact | None:
    return Fact(row["way_milestone"], row["way_at"], row["way_location"]) if row["way_milestone"] else None
