"""Changing the events that a subscription gets, and the limits of its deliveries."""

from __future__ import annotations

from collections.abc import Iterator

from commands.rules import Rules
from commands.subscriptions.subscription_command import DefiningCommand, created
from ledger.events.event import Event
from ledger.events.subscriptions import SubscriptionChanged
from ledger.refusals.subscriptions import DeliveryFixed
from ledger.streams.subscriptions import Subscription


class ChangeSubscription(DefiningCommand, name="change_subscription"):
    """Replaces the filter and the limits of a subscription by these. Its place stays: events that were read before are
    delivered as they were chosen. A webhook stays one, and keeps its secret."""


def decide(command: ChangeSubscription, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    found = created(subscription, command.subscription_id)
    if (found.delivery == "webhook") != (command.url is not None):
        raise DeliveryFixed(subscription_id=command.subscription_id, delivery=found.delivery)
    wanted, settings = command.wanted_by(found.scope, rules.places), command.settings()
    if (wanted, settings) == (subscription.wanted, subscription.settings):
        return
    yield SubscriptionChanged(
        subscription_id=command.subscription_id,
        wanted=wanted,
        settings=settings,
        changed_by=command.actor,
        changed_at=command.decided_at,
    )
