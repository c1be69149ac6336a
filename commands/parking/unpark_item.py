"""Unparks an item of a loop."""

from __future__ import annotations

from collections.abc import Iterator

from commands.parking.park_item import ItemCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parking import ItemUnparked
from ledger.refusals.finance import NotParked
from ledger.streams.parking import Parking


class UnparkItem(ItemCommand, name="unpark_item"):
    """Unparks an item: its loop tries it again in its next round. Takes two people. Refused if it is not parked."""


def decide(command: UnparkItem, parking: Parking, rules: Rules) -> Iterator[Event]:
    if (command.loop, command.item) not in parking.items:
        raise NotParked(what=f"item {command.item} of {command.loop}", book=command.book)
    yield ItemUnparked(
        loop=command.loop,
        book=command.book,
        item=command.item,
        reason=command.proposal.reason,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        unparked_at=command.decided_at,
    )
