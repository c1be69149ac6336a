"""The common parts of commands on subscriptions: ids, the choice of events, the limits of delivery, and places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from commands.command import Command
from ledger.events.event import EVENTS
from ledger.events.subscriptions import DeliverySettings, SubscriptionCreated, WantedEvents
from ledger.events.type_names import types_named
from ledger.ids import Id, subscription_stream
from ledger.log.places import Places
from ledger.numbers import Count
from ledger.refusals.catalogue import ScopeNotAllowed
from ledger.refusals.finance import BookUnknown
from ledger.refusals.subscriptions import (
    EventTypeUnknown,
    OrderNeedsMerchant,
    PositionUnusable,
    SubscriptionNotActive,
    SubscriptionWithoutWebhook,
)
from ledger.streams.subscriptions import Subscription
from ledger.validation_messages import InWords


def _readable_url(url: str) -> str:
    parts = urlsplit(url)
    if not parts.hostname or parts.port == 0:  # `port` raises `ValueError` if it is none
        raise ValueError("it should have a host, and a port from 1 to 65535 if it names one")
    return url


EventType = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z_]+\.([a-z0-9_]+|\*)$", max_length=80),
    InWords("the type of an event such as payment.captured, or a beginning such as payment.*"),
]
WebhookUrl = Annotated[
    str,
    # no fragment, no user, and a path so that the request has a target; DNS names, IPv4 and IPv6 addresses
    StringConstraints(pattern=r"^https?://[A-Za-z0-9.\-_\[\]:]+(/[!$-.0-9:;=?@A-Z_a-z~/]*)$", max_length=2_000),
    InWords("an address such as https://shop.example/webhooks, with a path"),
    AfterValidator(_readable_url),
]
PositionToken = Annotated[str, StringConstraints(min_length=1)]


class SubscriptionCommand(Command):
    """A command on one subscription."""

    subscription_id: Id

    @property
    def stream(self) -> str:
        return subscription_stream(self.subscription_id)


class DefiningCommand(SubscriptionCommand):
    """A command that says which events the subscription gets, and within which limits.

    `types` are types of events, or beginnings such as `payment.*`; without a filter, it gets all events that its owner
    may read. A member holds at most `most_in_flight` events, and settles them within `ack_within_s`. An event that was
    delivered and not acknowledged `most_retries` times after the first one is parked. `url` is the endpoint of a
    webhook: the service posts each event there, and takes an answer from 200 to 299 as the acknowledgement.
    """

    types: tuple[EventType, ...] = ()
    merchant: Id | None = None
    order: Id | None = None
    books: tuple[Count, ...] = ()
    most_in_flight: Annotated[Count, Field(ge=1, le=1_000)] = 500
    ack_within_s: Annotated[Count, Field(ge=1, le=43_200)] = 60
    most_retries: Annotated[Count, Field(ge=0, le=1_000)] = 10
    url: WebhookUrl | None = None

    def settings(self) -> DeliverySettings:
        return DeliverySettings(
            most_in_flight=self.most_in_flight,
            ack_within_s=self.ack_within_s,
            most_retries=self.most_retries,
            url=self.url,
        )

    def wanted_by(self, scope: str | None, places: Places) -> WantedEvents:
        """Returns the choice of a subscriber with this scope, which is a merchant's. Raises a refusal."""
        if scope is not None and self.merchant not in (None, scope):
            raise ScopeNotAllowed(role="merchant", scope=scope)
        merchant = scope or self.merchant
        if self.order is not None and merchant is None:
            raise OrderNeedsMerchant(order=self.order)
        known = {name for name, _ in EVENTS}
        for each in self.types:
            if not types_named(each, known):
                raise EventTypeUnknown(type=each)
        if self.books:
            heads = places.end()
            for book in self.books:
                if book not in heads:
                    raise BookUnknown(book=book)
        return WantedEvents(types=self.types, merchant=merchant, order=self.order, books=self.books)


def created(subscription: Subscription, subscription_id: str) -> SubscriptionCreated:
    """Returns how an open subscription was created. Raises `SubscriptionNotActive`."""
    if subscription.created is None or subscription.retired:
        raise SubscriptionNotActive(subscription_id=subscription_id, state=subscription.state)
    return subscription.created


def expect_webhook(subscription: Subscription, subscription_id: str) -> None:
    """Raises a refusal unless the subscription is open and has an endpoint."""
    if created(subscription, subscription_id).delivery != "webhook":
        raise SubscriptionWithoutWebhook(subscription_id=subscription_id)


def place(find: Callable[[], Mapping[int, int]]) -> dict[int, int]:
    """Returns the place that `find` gives. Raises `PositionUnusable` where it is none of this log."""
    try:
        return dict(find())
    except ValueError as error:
        raise PositionUnusable(reason=str(error)) from None
