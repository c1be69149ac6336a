"""Unparks an event's effect on one view, after the view can apply it."""

from __future__ import annotations

from collections.abc import Iterator

from commands.parking.park_effect import EffectCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parking import EffectUnparked
from ledger.refusals.finance import NotParked
from ledger.streams.parking import Parking


class UnparkEffect(EffectCommand, name="unpark_effect"):
    """Unparks an event's effect: the view folds the book again with it. If it still fails, the view stops again.

    Takes two people. Refused if the effect is not parked.
    """


def decide(command: UnparkEffect, parking: Parking, rules: Rules) -> Iterator[Event]:
    if (command.view, command.position) not in parking.effects:
        raise NotParked(what=f"position {command.position} of {command.view}", book=command.book)
    yield EffectUnparked(
        view=command.view,
        book=command.book,
        position=command.position,
        reason=command.proposal.reason,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        unparked_at=command.decided_at,
    )
