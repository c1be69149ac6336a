"""Facts of a parcel that cannot have happened one after the other, whichever of the two became known first."""

from __future__ import annotations

from collections.abc import Iterator

from commands.parcel_reports import ParcelReport, against
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, standing
from ledger.streams.order import Order
from ledger.streams.parcels import Fact, Parcel, by_time

# A month's summary declaration closes the export long after the parcel is through (domain §3.2).
_AFTER_THE_FACT = frozenset({"export_closed"})
_MOVING = frozenset(word for word, milestone in MILESTONES.items() if milestone.rank > 0) - _AFTER_THE_FACT
# Nothing moves a parcel any more; a loss ends nothing once it was found.
_ENDING = frozenset({"lost", "signed_for", "destroyed"})
# Turned away here, a parcel comes no further unless it is let pass later (`UNDONE_BY`): the first step out of reach.
_OUT_OF_REACH = {
    "rejected_at_warehouse": "export_declared",
    "export_rejected": "departed",
    "import_refused": "out_for_delivery",
    "returned_to_warehouse": "departed",
}
_LAST_OF_THE_WAY = MILESTONES["available_for_pickup"].rank


def out_of_sequence(report: ParcelReport, order: Order, milestone: str) -> Iterator[Event]:
    """The break with the first fact that this one cannot stand beside."""
    parcel = order.parcels.of(report.parcel_id)
    if parcel is None:
        return
    new, at_odds = Fact.of(milestone, report.happened_at), _AT_ODDS[milestone]
    clashing = [fact for fact in parcel.facts if fact.milestone in at_odds and _clash(fact, new, parcel)]
    if clashing:
        clash = min(clashing, key=by_time)
        expected = f"{clash.milestone} at {clash.happened_at.isoformat()}"
        yield from against(report, order, milestone, about=clash.milestone, expected=expected)


def _clash(known: Fact, new: Fact, parcel: Parcel) -> bool:
    if known.happened_at == new.happened_at:
        return False
    earlier, later = (known, new) if known.happened_at < new.happened_at else (new, known)
    return _rules_out(earlier.milestone, later.milestone) and not _is_undone(earlier, later, parcel)


def _rules_out(earlier: str, later: str) -> bool:
    """Whether the one cannot come before the other, for all that the words say."""
    if later not in _MOVING:
        return False
    return (later == "dispatched" and earlier in _MOVING) or earlier in _ENDING or _is_out_of_reach(earlier, later)


def _is_out_of_reach(earlier: str, later: str) -> bool:
    beyond = _OUT_OF_REACH.get(earlier)
    return beyond is not None and MILESTONES[beyond].rank <= MILESTONES[later].rank <= _LAST_OF_THE_WAY


def _is_undone(earlier: Fact, later: Fact, parcel: Parcel) -> bool:
    """Whether something else of the parcel lets the later fact follow: a find, or a gate that let it pass after all."""
    if later.milestone == "dispatched":
        return False  # nothing goes before the hand-over
    if earlier.milestone == "lost":
        found_at = parcel.last("found")
        return found_at is not None and found_at >= earlier.happened_at
    return earlier.milestone in _OUT_OF_REACH and earlier not in standing((*parcel.facts, earlier))


# By word: those of other facts that it may be at odds with, before it or after it.
_AT_ODDS = {
    word: frozenset(
        other for other in MILESTONES if other != word and (_rules_out(word, other) or _rules_out(other, word))
    )
    for word in MILESTONES
}
