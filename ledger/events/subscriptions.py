"""Subscriptions: named subscribers to the log, whose place the service keeps."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.actors import Actor
from ledger.events.access import AccountRole
from ledger.events.event import Event
from ledger.ids import Id
from ledger.sealed import Sealed

Delivery = Literal["lease", "webhook"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class WantedEvents(_Part):
    """The events that a subscription gets: of these types, this merchant and order, these books. Empty or None means
    all. A type may be a beginning, such as `payment.*`."""

    types: tuple[str, ...]
    merchant: Id | None
    order: Id | None
    books: tuple[int, ...]


class DeliverySettings(_Part):
    """The limits of a delivery: events that one member holds unsettled, seconds until it has to settle them, and
    deliveries after the first, until an event is parked. `url` is the endpoint of a webhook."""

    most_in_flight: int
    ack_within_s: int
    most_retries: int
    url: str | None = None


class SubscriptionCreated(Event, name="subscription.created", version=1):
    """The account `owner` subscribes to the events after `start`, a position for each book. It reads them in the role
    and the scope that it had."""

    subscription_id: Id
    owner: Id
    role: AccountRole
    scope: Id | None
    delivery: Delivery
    wanted: WantedEvents
    settings: DeliverySettings
    start: dict[int, int]
    created_by: Actor
    created_at: datetime


class SubscriptionChanged(Event, name="subscription.changed", version=1):
    """Events that are read from here on are chosen and delivered in this way."""

    subscription_id: Id
    wanted: WantedEvents
    settings: DeliverySettings
    changed_by: Actor
    changed_at: datetime


class SubscriptionPaused(Event, name="subscription.paused", version=1):
    """Nothing is delivered until it is resumed. Deliveries in flight may still be settled."""

    subscription_id: Id
    reason: Id
    paused_by: Actor
    paused_at: datetime


class SubscriptionResumed(Event, name="subscription.resumed", version=1):
    """Deliveries go on where they ended."""

    subscription_id: Id
    resumed_by: Actor
    resumed_at: datetime


class SubscriptionRewound(Event, name="subscription.rewound", version=1):
    """Deliveries go on after these positions, in the books that are named. Everything after them counts as new."""

    subscription_id: Id
    positions: dict[int, int]
    rewound_by: Actor
    rewound_at: datetime


class SubscriptionRetired(Event, name="subscription.retired", version=1):
    """The subscription has ended for ever, and so have its deliveries."""

    subscription_id: Id
    reason: Id
    retired_by: Actor
    retired_at: datetime


class ParkedEventReplayed(Event, name="subscription.parked_event_replayed", version=1):
    """The parked event is delivered again, as if for the first time, and after it the later ones of its stream."""

    subscription_id: Id
    book: int
    position: int
    replayed_by: Actor
    replayed_at: datetime


class ParkedEventSkipped(Event, name="subscription.parked_event_skipped", version=1):
    """The subscription goes without the parked event. The later ones of its stream are delivered."""

    subscription_id: Id
    book: int
    position: int
    reason: Id
    skipped_by: Actor
    skipped_at: datetime


class WebhookSecretRotated(Event, name="subscription.webhook_secret_rotated", version=1):
    """Webhooks of the subscription are signed with this secret, and with the one before until `previous_ends_at`."""

    subscription_id: Id
    secret: Sealed[str]
    previous_ends_at: datetime
    rotated_by: Actor
    rotated_at: datetime


class WebhookTestRequested(Event, name="subscription.webhook_test_requested", version=1):
    """The endpoint is sent this event itself, once, so that its receiver can be tried."""

    subscription_id: Id
    requested_by: Actor
    requested_at: datetime
