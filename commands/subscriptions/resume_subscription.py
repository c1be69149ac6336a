"""Resuming a paused subscription."""

from __future__ import annotations

from collections.abc import Iterator

from commands.rules import Rules
from commands.subscriptions.subscription_command import SubscriptionCommand, created
from ledger.events.event import Event
from ledger.events.subscriptions import SubscriptionResumed
from ledger.streams.subscriptions import Subscription


class ResumeSubscription(SubscriptionCommand, name="resume_subscription"):
    """Delivers again, from the place where the subscription was paused."""


def decide(command: ResumeSubscription, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    created(subscription, command.subscription_id)
    if subscription.paused:
        yield SubscriptionResumed(
            subscription_id=command.subscription_id, resumed_by=command.actor, resumed_at=command.decided_at
        )
