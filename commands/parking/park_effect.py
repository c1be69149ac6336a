"""Parking an event's effect on one view, so that the view goes on without it."""

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
    """A request about the effect on `view` of the event at `position` of `book`."""

    view: Id
    book: Count
    position: Annotated[Position, Field(ge=1)]

    @property
    def stream(self) -> str:
        return parking_stream(self.book)


class ParkEffect(EffectCommand, name="park_effect"):
    """The view leaves the event out and says that it is incomplete, until the effect is unparked.

    Only an event that stands before this decision can be parked; of a later one nothing is known yet.
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
