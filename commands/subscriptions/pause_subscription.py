"""Pausing a subscription."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.rules import Rules
from commands.subscriptions.subscription_command import SubscriptionCommand, created
from ledger.events.event import Event
from ledger.events.subscriptions import SubscriptionPaused
from ledger.streams.subscriptions import Subscription


class PauseSubscription(SubscriptionCommand, name="pause_subscription"):
    """Delivers nothing more until the subscription is resumed. Events in flight may still be acknowledged."""

    reason: Reason


def decide(command: PauseSubscription, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    created(subscription, command.subscription_id)
    if subscription.paused is None:
        yield SubscriptionPaused(
            subscription_id=command.subscription_id,
            reason=command.reason,
            paused_by=command.actor,
            paused_at=command.decided_at,
        )
