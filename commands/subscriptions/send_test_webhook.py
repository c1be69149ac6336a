"""Sending a test to the endpoint of a subscription."""

from __future__ import annotations

from collections.abc import Iterator

from commands.rules import Rules
from commands.subscriptions.subscription_command import SubscriptionCommand, expect_webhook
from ledger.events.event import Event
from ledger.events.subscriptions import WebhookTestRequested
from ledger.streams.subscriptions import Subscription


class SendTestWebhook(SubscriptionCommand, name="send_test_webhook"):
    """Sends the endpoint one test, signed as every webhook, also while the subscription is paused. It is not sent
    again; the log of deliveries has its answer."""


def decide(command: SendTestWebhook, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    expect_webhook(subscription, command.subscription_id)
    yield WebhookTestRequested(
        subscription_id=command.subscription_id, requested_by=command.actor, requested_at=command.decided_at
    )
