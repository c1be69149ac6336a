"""Delivering a parked event again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.rules import Rules
from commands.subscriptions.subscription_command import SubscriptionCommand, created
from ledger.events.event import Event
from ledger.events.subscriptions import ParkedEventReplayed
from ledger.numbers import Count, Position
from ledger.streams.subscriptions import Subscription


class ParkedEventCommand(SubscriptionCommand):
    """A command on the parked event at `position` of `book`."""

    book: Count
    position: Annotated[Position, Field(ge=1)]


class ReplayParkedEvent(ParkedEventCommand, name="replay_parked_event"):
    """Delivers a parked event again, as if for the first time, and after it the later events of its stream.

    Has no effect if the event is not parked at this time.
    """


def decide(command: ReplayParkedEvent, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    created(subscription, command.subscription_id)
    yield ParkedEventReplayed(
        subscription_id=command.subscription_id,
        book=command.book,
        position=command.position,
        replayed_by=command.actor,
        replayed_at=command.decided_at,
    )
