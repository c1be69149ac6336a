"""Going on without a parked event."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.rules import Rules
from commands.subscriptions.replay_parked_event import ParkedEventCommand
from commands.subscriptions.subscription_command import created
from ledger.events.event import Event
from ledger.events.subscriptions import ParkedEventSkipped
from ledger.streams.subscriptions import Subscription


class SkipParkedEvent(ParkedEventCommand, name="skip_parked_event"):
    """Goes on without a parked event: the later events of its stream are delivered.

    Has no effect if the event is not parked at this time.
    """

    reason: Reason


def decide(command: SkipParkedEvent, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    created(subscription, command.subscription_id)
    yield ParkedEventSkipped(
        subscription_id=command.subscription_id,
        book=command.book,
        position=command.position,
        reason=command.reason,
        skipped_by=command.actor,
        skipped_at=command.decided_at,
    )
