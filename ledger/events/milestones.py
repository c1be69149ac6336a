"""Milestones of a parcel: the one table of their words, ranks and stages (domain §3.2, §4.3)."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Literal, NamedTuple, Protocol, TypeVar

from ledger.events import parcels
from ledger.events.deliveries import DELIVERIES, readings
from ledger.events.event import Event

Stage = Literal[
    "seller", "domestic", "warehouse", "export", "line_haul", "import", "last_mile", "delivered", "problem", "note"
]

# The milestones that one command reports; a signature and a loss have commands of their own.
TrackedMilestone = Literal[
    "received_at_warehouse", "rejected_at_warehouse",
    "export_declared", "export_inspected", "export_detained", "export_released", "export_closed", "export_rejected",
    "departed", "arrived",
    "import_presented", "import_held", "import_released", "import_refused",
    "out_for_delivery", "delivery_attempted", "available_for_pickup",
    "returning_to_sender", "returned_to_sender", "returned_to_warehouse", "damaged", "destroyed", "found", "noted",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Milestone:
    """One milestone. The fact with the highest rank is the parcel's status."""

    word: str
    rank: int
    stage: Stage
    event: type[Event]


class Happened(Hashable, Protocol):
    """A milestone and the instant when it was reached."""

    @property
    def milestone(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def to_recipient(self) -> bool: ...


H = TypeVar("H", bound=Happened)

# A parcel moves between milestones of equal rank: the later fact wins. Exits outrank the steps of the journey, and a
# delivery to the sender or the recipient outranks every exit.
MILESTONES: dict[str, Milestone] = {
    milestone.word: milestone
    for milestone in (
        Milestone("noted", -1, "note", parcels.TrackingNoted),
        Milestone("found", -1, "note", parcels.ParcelFound),
        Milestone("consolidated", -1, "note", parcels.ParcelsConsolidated),
        Milestone("split", -1, "note", parcels.ParcelSplit),
        Milestone("created", 0, "seller", parcels.ParcelCreated),
        Milestone("dispatched", 1, "domestic", parcels.ParcelDispatched),
        Milestone("received_at_warehouse", 2, "warehouse", parcels.ParcelReceivedAtWarehouse),
        Milestone("export_declared", 3, "export", parcels.ExportDeclared),
        Milestone("export_inspected", 4, "export", parcels.ExportInspected),
        Milestone("export_detained", 4, "export", parcels.ExportDetained),
        Milestone("export_released", 5, "export", parcels.ExportReleased),
        Milestone("export_closed", 5, "export", parcels.ExportClosed),
        Milestone("departed", 6, "line_haul", parcels.ParcelDeparted),
        Milestone("arrived", 7, "line_haul", parcels.ParcelArrived),
        Milestone("import_presented", 8, "import", parcels.ImportPresented),
        Milestone("import_held", 9, "import", parcels.ImportHeld),
        Milestone("import_released", 10, "import", parcels.ImportReleased),
        Milestone("out_for_delivery", 11, "last_mile", parcels.ParcelOutForDelivery),
        Milestone("delivery_attempted", 11, "last_mile", parcels.ParcelDeliveryAttempted),
        Milestone("available_for_pickup", 11, "last_mile", parcels.ParcelAvailableForPickup),
        Milestone("damaged", 20, "problem", parcels.ParcelDamaged),
        Milestone("rejected_at_warehouse", 21, "problem", parcels.ParcelRejectedAtWarehouse),
        Milestone("export_rejected", 21, "problem", parcels.ExportRejected),
        Milestone("import_refused", 21, "problem", parcels.ImportRefused),
        Milestone("returning_to_sender", 22, "problem", parcels.ParcelReturningToSender),
        Milestone("returned_to_warehouse", 23, "problem", parcels.ParcelReturnedToWarehouse),
        Milestone("lost", 24, "problem", parcels.ParcelLost),
        Milestone("destroyed", 25, "problem", parcels.ParcelDestroyed),
        Milestone("returned_to_sender", 26, "problem", parcels.ParcelReturnedToSender),
        Milestone("deemed_signed", 30, "delivered", parcels.ParcelDeemedSigned),
        Milestone("signed_for", 31, "delivered", parcels.ParcelSignedFor),
    )
}
WORDS: dict[type[Event], str] = {milestone.event: word for word, milestone in MILESTONES.items()}
# A later fact undoes an earlier one: a lost parcel is found, or a parcel that was turned away is let pass.
UNDONE_BY = {
    "lost": "found",
    "rejected_at_warehouse": "received_at_warehouse",
    "export_rejected": "export_released",
    "import_refused": "import_released",
}
UNDOING = frozenset(UNDONE_BY.values())
ENDS = frozenset(word for word, milestone in MILESTONES.items() if milestone.rank >= MILESTONES["damaged"].rank)
_ORDER = {word: position for position, word in enumerate(MILESTONES)}


class StatusFact(NamedTuple, Generic[H]):
    """The fact that decides a parcel's status, and the milestone that it is read as."""

    word: str
    fact: H


def furthest(facts: Collection[H]) -> StatusFact[H] | None:
    """Returns the fact that is the parcel's status, in whatever order the facts became known, or None.

    A fact that a later one has undone does not count. A delivery is read as in `ledger.events.deliveries`.
    """
    valid = still_valid(facts)
    if any(fact.milestone in DELIVERIES for fact in valid):
        return max(as_read(valid), key=_rank, default=None)
    last = max(valid, key=_rank_of_fact, default=None)  # each fact is read as it was reported
    return StatusFact(last.milestone, last) if last is not None else None


def as_read(facts: Collection[H]) -> Iterator[StatusFact[H]]:
    """Yields the facts with the milestones they are read as. A delivery to nobody is read as `noted`."""
    going_to = dict(readings(facts)) if any(fact.milestone in DELIVERIES for fact in facts) else {}
    for fact in facts:
        match going_to.get(fact):
            case "sender":
                yield StatusFact("returned_to_sender", fact)
            case "nobody":
                yield StatusFact("noted", fact)
            case _:
                yield StatusFact(fact.milestone, fact)


def still_valid(facts: Collection[H]) -> Collection[H]:
    """Returns all facts but those that a later one has undone."""
    if not any(fact.milestone in UNDONE_BY for fact in facts):
        return facts
    undone_at: dict[str, datetime] = {}
    for fact in facts:
        if fact.milestone in UNDOING:
            undone_at[fact.milestone] = max(fact.happened_at, undone_at.get(fact.milestone, fact.happened_at))
    return [fact for fact in facts if not _is_undone(fact, undone_at)]


def _is_undone(fact: Happened, undone_at: Mapping[str, datetime]) -> bool:
    """True if a later fact undoes it. At one instant a find undoes a loss; of a gate's yes and no the higher rank
    counts."""
    at = undone_at.get(UNDONE_BY.get(fact.milestone, ""))
    return at is not None and (fact.happened_at < at or (fact.milestone == "lost" and fact.happened_at == at))


def in_order(fact: Happened) -> tuple[datetime, int]:
    """Sort key: by instant, then by the usual order of milestones."""
    return fact.happened_at, place_on_the_way(fact.milestone)


def place_on_the_way(word: str) -> int:
    """Returns the position of the milestone on the usual way."""
    return _ORDER[word]


def _rank(found: StatusFact[H]) -> tuple[int, datetime, int]:
    return MILESTONES[found.word].rank, found.fact.happened_at, _ORDER[found.word]


def _rank_of_fact(fact: Happened) -> tuple[int, datetime, int]:
    return MILESTONES[fact.milestone].rank, fact.happened_at, _ORDER[fact.milestone]
