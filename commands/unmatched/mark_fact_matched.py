"""Taking a fact out of the unmatched items that the orders it belongs to have been reported by now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.command import Command
from commands.open_breaks import StreamName
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched
from ledger.ids import Id, unmatched_stream
from ledger.references import Reference
from ledger.refusals.finance import UnmatchedItemNotFound
from ledger.streams.reference_data import UnmatchedItem


class MarkFactMatched(Command, name="mark_fact_matched"):
    """`streams` are those that have it. Money leaves the unmatched items by its own way, `match_payment`, and what was
    noted of it goes with it.

    A scan is taken to its parcel by itself once one travels under its number; a person says so of what only people
    can place, as a number that two parcels have.
    """

    system: Id
    reference: Reference
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1)]

    @property
    def stream(self) -> str:
        return unmatched_stream(self.system, self.reference)


def decide(command: MarkFactMatched, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    if not item.noted or (item.capture and not item.is_matched):
        raise UnmatchedItemNotFound(source=command.system, reference=command.reference)
    if item.is_matched and not item.noted_since:
        return
    yield UnmatchedFactMatched(
        system=command.system, reference=command.reference, streams=command.streams, matched_at=command.decided_at
    )
