"""Taking a fact out of the inbox that the orders it belongs to have been told by now."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.authority import platform_only
from commands.command import Command
from commands.open_breaks import StreamName
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import InboxFactRouted
from ledger.ids import Id, inbox_stream
from ledger.references import Reference
from ledger.refusals.finance import InboxItemNotFound
from ledger.streams.reference_data import InboxItem


class MarkFactRouted(Command, name="mark_fact_routed"):
    """`streams` are those that have it. Money leaves the inbox by its own way, `route_inbox_payment`, and what was
    noted of it goes with it.

    A scan is taken to its parcel by itself once one travels under its number; a person says so of what only people
    can place, as a number that two parcels have.
    """

    system: Id
    reference: Reference
    streams: Annotated[tuple[StreamName, ...], Field(min_length=1)]

    @property
    def stream(self) -> str:
        return inbox_stream(self.system, self.reference)


def decide(command: MarkFactRouted, item: InboxItem, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    if not item.noted or (item.capture and not item.is_routed):
        raise InboxItemNotFound(source=command.system, reference=command.reference)
    if item.is_routed and not item.noted_since:
        return
    yield InboxFactRouted(
        system=command.system, reference=command.reference, streams=command.streams, routed_at=command.decided_at
    )
