"""Replacing the secret that signs the webhooks of a subscription."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from commands.rules import Rules
from commands.subscriptions.subscription_command import SubscriptionCommand, expect_webhook
from ledger.deadlines import later
from ledger.events.event import Event
from ledger.events.subscriptions import WebhookSecretRotated
from ledger.numbers import Count
from ledger.sealed import Sealed
from ledger.streams.subscriptions import Subscription
from ledger.validation_messages import InWords

LONGEST_OVERLAP_H = 7 * 24
_SHORTEST, _LONGEST = 24, 64  # bytes, by the specification of Standard Webhooks


def _of_good_length(secret: str) -> str:
    if not _SHORTEST <= len(b64decode(secret.removeprefix("whsec_"))) <= _LONGEST:
        raise ValueError(f"a secret has {_SHORTEST} to {_LONGEST} random bytes")
    return secret


WebhookSecret = Annotated[
    str,
    StringConstraints(pattern=r"^whsec_([A-Za-z0-9+/]{4})+([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$", max_length=100),
    InWords("whsec_ and then 24 to 64 random bytes in base64"),
    AfterValidator(_of_good_length),
]


class RotateWebhookSecret(SubscriptionCommand, name="rotate_webhook_secret"):
    """Signs the webhooks of the subscription with this secret, from now on. For `overlap_h` hours they are signed with
    the secret before too, so that the receiver can change over.

    The first secret starts the deliveries. Over HTTP the service makes one and shows it once.
    """

    secret: Sealed[WebhookSecret]
    overlap_h: Annotated[Count, Field(ge=0, le=LONGEST_OVERLAP_H)] = 24


def decide(command: RotateWebhookSecret, subscription: Subscription, rules: Rules) -> Iterator[Event]:
    expect_webhook(subscription, command.subscription_id)
    yield WebhookSecretRotated(
        subscription_id=command.subscription_id,
        secret=command.secret,
        previous_ends_at=later(command.decided_at, timedelta(hours=command.overlap_h)),
        rotated_by=command.actor,
        rotated_at=command.decided_at,
    )
