"""To whom a delivery went, and on which leg: read from all facts of a parcel, in whatever order they became known."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Literal, Protocol, TypeVar

Reading = Literal["recipient", "sender", "nobody"]

# A carrier, or the warehouse, says that the parcel goes back or is back.
GOING_BACK = frozenset({"returning_to_sender", "returned_to_sender", "returned_to_warehouse"})
# After these the parcel was still before its last leg: a delivery before them was one to the warehouse.
BEFORE_THE_LAST_LEG = frozenset({"received_at_warehouse", "departed"})
NAMES_THE_RECIPIENT = "recipient"  # the kind of evidence; others say where the parcel is, not who has it
DELIVERIES = frozenset({"signed_for", "deemed_signed"})
_REPORTING = GOING_BACK | BEFORE_THE_LAST_LEG


class ReportedFact(Protocol):
    """A fact of a parcel. `to_recipient` is true for a delivery of which the carrier names the recipient."""

    @property
    def milestone(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...
    @property
    def to_recipient(self) -> bool: ...


T = TypeVar("T", bound=ReportedFact)


def readings(facts: Collection[T]) -> Iterator[tuple[T, Reading]]:
    """Yields every delivery with the one it went to.

    A delivery that names no recipient went to the sender if it happened at or after a fact of return to sender. If it
    happened before one it proves nothing: the carrier has the parcel again. A deemed signature proves nothing beside a
    return. A delivery that names no recipient, before the warehouse had the parcel or before it left the country, was
    one of the first leg.
    """
    deliveries = [fact for fact in facts if fact.milestone in DELIVERIES]
    reporting = [fact for fact in facts if fact.milestone in _REPORTING] if deliveries else ()
    going_back = min((fact.happened_at for fact in reporting if fact.milestone in GOING_BACK), default=None)
    last_leg = max((fact.happened_at for fact in reporting if fact.milestone in BEFORE_THE_LAST_LEG), default=None)
    for fact in deliveries:
        yield fact, _reading(fact, going_back, last_leg)


def went_to(facts: Collection[T], reading: Reading) -> list[T]:
    """The deliveries that went to this one."""
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
