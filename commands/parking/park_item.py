"""Parks an item of a loop, so that the loop does not try it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import StringConstraints

from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.events.event import Event
from ledger.events.parking import ItemParked
from ledger.ids import Id, parking_stream
from ledger.numbers import Count
from ledger.streams.parking import Parking
from ledger.validation_messages import InWords

ItemName = Annotated[
    str,
    StringConstraints(pattern=r"^[^\x00-\x20\x7f]+$", max_length=300),
    InWords("a name as `redledger status` lists it, without spaces, of at most 300 characters"),
]


class ItemCommand(TwoPersonCommand):
    """A command on an item of a loop, with its name as `status` lists it."""

    loop: Id
    book: Count
    item: ItemName

    @property
    def stream(self) -> str:
        return parking_stream(self.book)


class ParkItem(ItemCommand, name="park_item"):
    """Parks an item: its loop leaves it out until it is unparked, and goes on with the others. Takes two people."""


def decide(command: ParkItem, parking: Parking, rules: Rules) -> Iterator[Event]:
    if (command.loop, command.item) in parking.items:
        return
    yield ItemParked(
        loop=command.loop,
        book=command.book,
        item=command.item,
        reason=command.proposal.reason,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        parked_at=command.decided_at,
    )
