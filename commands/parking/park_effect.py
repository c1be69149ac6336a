"""Parks an event's effect on one view, so that the view continues without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.events.event import Event
from ledger.events.parking import EffectParked
from ledger.ids import Id, parking_stream
from ledger.numbers import Count, Position
from ledger.streams.parking import Parking


class EffectCommand(TwoPersonCommand):
    """A command on the effect of the event at `position` of `book` on `view`."""

    view: Id
    book: Count
    position: Annotated[Position, Field(ge=1)]

    @property
    def stream(self) -> str:
        return parking_stream(self.book)


class ParkEffect(EffectCommand, name="park_effect"):
    """Parks an event's effect: the view leaves the event out and reports itself incomplete until it is unparked.

    Takes two people. Only an event recorded before this decision can be parked.
    """


def decide(command: ParkEffect, parking: Parking, rules: Rules) -> Iterator[Event]:
    if (command.view, command.position) in parking.effects:
        return
    yield EffectParked(
        view=command.view,
        book=command.book,
        position=command.position,
        reason=command.proposal.reason,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        parked_at=command.decided_at,
    )
