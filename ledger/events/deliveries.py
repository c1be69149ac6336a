"""Recipients of deliveries: the sender, the recipient or nobody, read from all facts of a parcel in any order."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Literal, Protocol, TypeVar

Reading = Literal["recipient", "sender", "nobody"]

# Facts by which the parcel goes back, or is back.
GOING_BACK = frozenset({"returning_to_sender", "returned_to_sender", "returned_to_warehouse"})
# Facts before the last leg: an earlier delivery was made to the warehouse.
BEFORE_THE_LAST_LEG = frozenset({"received_at_warehouse", "departed"})
NAMES_THE_RECIPIENT = "recipient"  # this kind of evidence names a person; other kinds name a place
DELIVERIES = frozenset({"signed_for", "deemed_signed"})
_REPORTING = GOING_BACK | BEFORE_THE_LAST_LEG


class ReportedFact(Protocol):
    """A fact of a parcel. `to_recipient` is true for a delivery whose evidence names the recipient."""

    @property
    def milestone(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def to_recipient(self) -> bool: ...


T = TypeVar("T", bound=ReportedFact)


def readings(facts: Collection[T]) -> Iterator[tuple[T, Reading]]:
    """Yields every delivery with the party that got the parcel.

    A delivery that names the recipient went to the recipient. Any other delivery went to the sender if it happened at
    or after a fact of a return to sender. If it happened before such a fact, it proves nothing, because the carrier had
    the parcel again later. It also proves nothing if it happened before the parcel reached the warehouse or left the
    country: it was a delivery of the first leg. A deemed signature proves nothing beside a return.
    """
    deliveries = [fact for fact in facts if fact.milestone in DELIVERIES]
    reporting = [fact for fact in facts if fact.milestone in _REPORTING] if deliveries else ()
    going_back = min((fact.happened_at for fact in reporting if fact.milestone in GOING_BACK), default=None)
    last_leg = max((fact.happened_at for fact in reporting if fact.milestone in BEFORE_THE_LAST_LEG), default=None)
    for fact in deliveries:
        yield fact, _reading(fact, going_back, last_leg)


def went_to(facts: Collection[T], reading: Reading) -> list[T]:
    """Returns the deliveries that went to this party."""
    return [fact for fact, found in readings(facts) if found == reading]


def _reading(fact: ReportedFact, going_back: datetime | None, last_leg: datetime | None) -> Reading:
    if fact.to_recipient:
        return "recipient"
    is_deemed = fact.milestone == "deemed_signed"
    if not is_deemed and last_leg is not None and fact.happened_at < last_leg:
        return "nobody"
    if going_back is None:
        return "recipient"
    return "nobody" if is_deemed or fact.happened_at < going_back else "sender"
