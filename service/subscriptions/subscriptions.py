"""Subscriptions as their members use them: events by lease, and acknowledgements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from ledger.streams.subscriptions import Subscription
from service.access.tokens import account_of
from service.app import App
from service.failures import NotKnown, ServiceFailure, UnknownValue
from service.feeds.event_feed import EventFeed
from service.questions.reader import Reader
from service.subscription_list import subscription_of
from service.subscriptions.book_delivery import BookDelivery, NotHeld, Receipt
from service.subscriptions.delivery_rows import DeliveryRows
from service.subscriptions.event_choice import choice_of
from service.subscriptions.lease_call import DeliveredEvent, LeaseCall


class SubscriptionEnded(ServiceFailure):
    """The subscription is retired, or the account that owns it is closed."""


@dataclass(frozen=True, slots=True)
class Leased:
    """The events of one lease call, which end within `ack_within_s`. Events of one stream are in order.

    `state` is that of the subscription: a paused one delivers nothing.
    """

    events: Sequence[DeliveredEvent]
    ack_within_s: int
    state: str


class Subscriptions:
    """The deliveries of a ledger's subscriptions. Safe to share between threads and processes."""

    def __init__(self, app: App) -> None:
        self._app, self._feed = app, EventFeed(app.ledger)

    def found(self, subscription_id: str, reader: Reader | None = None) -> Subscription:
        """Returns the subscription. With a reader, only one of its account. Raises `NotKnown`."""
        found = subscription_of(self._app, subscription_id)
        if found is None or found.created is None or (reader is not None and reader.account_id != found.created.owner):
            raise NotKnown(f"There is no subscription {subscription_id[:80]} of your account.")
        return found

    def rows(self, subscription: Subscription) -> DeliveryRows:
        """Returns the subscription's tables."""
        assert subscription.created, "only one that was created is found"
        assert subscription.settings, "it says how it delivers"
        return DeliveryRows(self._app.ledger.engine, subscription.created.subscription_id, subscription.settings)

    def lease(self, subscription_id: str, member: str, most: int, *, reader: Reader | None = None) -> Leased:
        """Leases up to `most` events to the member, from its share of the books.

        Each call says that the member is there. Raises `NotKnown`, `SubscriptionEnded` and `PlaceLost`.
        """
        subscription = self._open(subscription_id, reader)
        rows = self.rows(subscription)
        ack_within_s = rows.settings.ack_within_s
        live = rows.greet(member)
        wanted = choice_of(self._app.ledger.directory, subscription)
        if subscription.paused or wanted is None:
            return Leased((), ack_within_s, subscription.state)
        started = monotonic()
        call = LeaseCall(self._app.ledger, self._feed, subscription, rows, wanted, member, live)
        events = tuple(call.events(most))
        observer = self._app.ledger.observer
        observer.subscription_changed(subscription_id, "leased", events=len(events))
        if reader is not None and events:  # a sender of webhooks has not delivered them yet
            observer.delivered("subscription", [each.row for each in events], seconds=monotonic() - started)
        return Leased(events, ack_within_s, subscription.state)

    def acknowledge(
        self, subscription_id: str, member: str, receipts: Sequence[Receipt], *, reader: Reader | None = None
    ) -> None:
        """Settles the events of these receipts, all or none. Raises `NotHeld`, `NotKnown` and `SubscriptionEnded`."""
        with self._held(subscription_id, member, receipts, reader) as held:
            for state, _, of_book in held:
                state.acknowledge(member, of_book)
        self._app.ledger.observer.subscription_changed(subscription_id, "acknowledged", events=len(receipts))

    def give_back(
        self,
        subscription_id: str,
        member: str,
        receipts: Sequence[Receipt],
        *,
        retry_after_s: float | None = None,
        park: bool = False,
        reason: str = "",
        reader: Reader | None = None,
    ) -> None:
        """Gives the events of these receipts back, all or none: to be delivered again after a time, by default one
        that doubles from 1 s to 5 min; or to `park` until a person decides. Raises as `acknowledge` does."""
        with self._held(subscription_id, member, receipts, reader) as held:
            for state, now, of_book in held:
                state.give_back(member, of_book, now, retry_after_s=retry_after_s, park=park, reason=reason)
        self._app.ledger.observer.subscription_changed(subscription_id, "given_back", events=len(receipts))

    @contextmanager
    def _held(
        self, subscription_id: str, member: str, receipts: Sequence[Receipt], reader: Reader | None
    ) -> Iterator[Iterable[tuple[BookDelivery, datetime, list[Receipt]]]]:
        """Yields the deliveries of the books that the receipts name. Decisions about the place come first, so that a
        receipt from before a rewind is refused."""
        subscription = self._open(subscription_id, reader)
        rows = self.rows(subscription)
        rows.greet(member)
        by_book: dict[int, list[Receipt]] = {}
        for receipt in receipts:
            by_book.setdefault(receipt.book, []).append(receipt)
        with rows.locked(*by_book) as locked:
            held = []
            for book, of_book in by_book.items():
                if book not in locked:
                    raise NotHeld(of_book[0], "is not held under this lease")
                state, now = locked[book]
                state.carry_out(subscription.decisions, epoch=self._app.ledger.identity.epoch, now=now)
                held.append((state, now, of_book))
            yield held

    def _open(self, subscription_id: str, reader: Reader | None) -> Subscription:
        found = self.found(subscription_id, reader)
        assert found.created, "only one that was created is found"
        if reader is not None and found.created.delivery != "lease":
            raise UnknownValue("subscription", "The service posts its events to a webhook. Nobody else leases them.")
        if found.retired:
            self.rows(found).forget()
            raise SubscriptionEnded(f"Subscription {subscription_id} is retired. Create another one.")
        if not account_of(self._app.ledger, found.created.owner).is_open:
            raise SubscriptionEnded(f"Account {found.created.owner}, which owns the subscription, is not open.")
        return found
