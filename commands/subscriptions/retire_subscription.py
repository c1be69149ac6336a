"""Ending a subscription."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.rules import Rules
from commands.subscriptions.subscription_command import SubscriptionCommand
from ledger.events.event import Event
from ledger.events.subscriptions import SubscriptionRetired
from ledger.refusals.subscriptions import SubscriptionNotActive
from ledger.streams.subscriptions import Subscription


class RetireSubscription(SubscriptionCommand, name="retire_subscription"):
    """Ends the subscription for ever. Its id is not used again."""

    reason: Reason


def decide(command: RetireSubscription, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    if subscription.created is None:
        raise SubscriptionNotActive(subscription_id=command.subscription_id, state=subscription.state)
    if not subscription.retired:
        yield SubscriptionRetired(
            subscription_id=command.subscription_id,
            reason=command.reason,
            retired_by=command.actor,
            retired_at=command.decided_at,
        )
