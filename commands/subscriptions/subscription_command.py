"""The common parts of commands on subscriptions: ids, the choice of events, the limits of delivery, and places."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

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
)
from ledger.streams.subscriptions import Subscription
from ledger.validation_messages import InWords

EventType = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z_]+\.([a-z0-9_]+|\*)$", max_length=80),
    InWords("the type of an event such as payment.captured, or a beginning such as payment.*"),
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
    delivered and not acknowledged `most_retries` times after the first one is parked.
    """

    types: tuple[EventType, ...] = ()
    merchant: Id | None = None
    order: Id | None = None
    books: tuple[Count, ...] = ()
    most_in_flight: Annotated[Count, Field(ge=1, le=1_000)] = 500
    ack_within_s: Annotated[Count, Field(ge=1, le=43_200)] = 60
    most_retries: Annotated[Count, Field(ge=0, le=1_000)] = 10

    def settings(self) -> DeliverySettings:
        return DeliverySettings(
            most_in_flight=self.most_in_flight, ack_within_s=self.ack_within_s, most_retries=self.most_retries
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


def place(find: Callable[[], Mapping[int, int]]) -> dict[int, int]:
    """Returns the place that `find` gives. Raises `PositionUnusable` where it is none of this log."""
    try:
        return dict(find())
    except ValueError as error:
        raise PositionUnusable(reason=str(error)) from None
