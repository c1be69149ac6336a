"""Facts of a parcel that cannot follow each other, in any order of the reports."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.parcels.parcel_reports import ParcelReport
from ledger.events.deliveries import GOING_BACK
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, still_valid
from ledger.folds.parcel import Parcel
from ledger.folds.parcel_facts import Fact, by_time
from ledger.streams.orders.order import Order

# A monthly summary declaration closes the export long after the parcel has left (domain §3.2).
_AFTER_THE_FACT = frozenset({"export_closed"})
_MOVING = frozenset(word for word, milestone in MILESTONES.items() if milestone.rank > 0) - _AFTER_THE_FACT
# Nothing moves a parcel after these, except that a lost one may be found.
_ENDING = frozenset({"lost", "signed_for", "destroyed", "returned_to_sender"})
_NEVER_BOTH = {"lost", "signed_for"}  # not even at the same instant
# After one of these, the parcel cannot reach this step, unless it was let through later (`UNDONE_BY`).
_OUT_OF_REACH = {
    "rejected_at_warehouse": "export_declared",
    "export_rejected": "departed",
    "import_refused": "out_for_delivery",
    "returned_to_warehouse": "departed",
}
_LAST_OF_THE_WAY = MILESTONES["available_for_pickup"].rank


def out_of_sequence(report: ParcelReport, order: Order, new: Fact) -> Iterator[Event]:
    """Opens a break for each kind of known fact that contradicts this one, in any order of the reports."""
    parcel = order.parcels.of(report.parcel_id)
    if parcel is None:
        return
    at_odds = _AT_ODDS[new.milestone]
    clashing = [fact for fact in parcel.facts if fact.milestone in at_odds and _clash(fact, new, parcel)]
    for known in sorted({fact.milestone: fact for fact in sorted(clashing, key=by_time, reverse=True)}.values()):
        earlier, later = sorted((known, new), key=by_time)
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=f"{earlier.milestone} at {earlier.happened_at.isoformat()}",
            actual=f"{later.milestone} at {later.happened_at.isoformat()}",
            parcel_id=report.parcel_id,
            fact=later.milestone,
            about=earlier.milestone,
        )


def _clash(known: Fact, new: Fact, parcel: Parcel) -> bool:
    if known.happened_at == new.happened_at and {known.milestone, new.milestone} != _NEVER_BOTH:
        return False
    earlier, later = sorted((known, new), key=by_time)
    if _goes_on_back(earlier, later) or (earlier.milestone in GOING_BACK and _ends_at_the_sender(later)):
        return False
    return _rules_out(earlier.milestone, later.milestone) and not _is_undone(earlier, later, parcel)


def _goes_on_back(earlier: Fact, later: Fact) -> bool:
    """True if a return ends at our warehouse: it may be the sender, and reports the receipt itself."""
    return earlier.milestone == "returned_to_sender" and later.milestone == "returned_to_warehouse"


def _ends_at_the_sender(fact: Fact) -> bool:
    return fact.milestone == "signed_for" and not fact.to_recipient


def _rules_out(earlier: str, later: str) -> bool:
    """True if the later milestone cannot follow the earlier one, by their kinds alone."""
    if later not in _MOVING:
        return False
    return (later == "dispatched" and earlier in _MOVING) or earlier in _ENDING or _is_out_of_reach(earlier, later)


def _is_out_of_reach(earlier: str, later: str) -> bool:
    beyond = _OUT_OF_REACH.get(earlier)
    if later == "signed_for":
        return beyond is not None or earlier == "returning_to_sender"
    return beyond is not None and MILESTONES[beyond].rank <= MILESTONES[later].rank <= _LAST_OF_THE_WAY


def _is_undone(earlier: Fact, later: Fact, parcel: Parcel) -> bool:
    """True if another fact allows the later one: the parcel was found, or let through after all."""
    if later.milestone == "dispatched":
        return False  # nothing moves before the dispatch
    if earlier.milestone == "lost":
        found_at = parcel.last("found")
        return found_at is not None and found_at >= earlier.happened_at
    return earlier.milestone in _OUT_OF_REACH and earlier not in still_valid((*parcel.facts, earlier))


# milestone → the milestones that may contradict it, before or after it
_AT_ODDS = {
    word: frozenset(
        other for other in MILESTONES if other != word and (_rules_out(word, other) or _rules_out(other, word))
    )
    for word in MILESTONES
}
