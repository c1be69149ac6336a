"""Subscribers in tests: accounts with subscriptions, members that take events, and time that passes for leases."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from ledger.actors import Actor
from ledger.events.access import AccountRole
from ledger.log.rows import Recorded
from projections.engine.connections import transaction
from service.app import App
from service.feeds.event_feed import EventFeed, EventFilter
from service.subscriptions.book_delivery import NotHeld, Receipt
from service.subscriptions.lease_call import DeliveredEvent
from service.subscriptions.subscriptions import Subscriptions
from tests.support.access import open_accounts
from tests.support.buses import Desk, enrol

Place = tuple[int, int]


def subscribe(
    desk: Desk,
    subscription_id: str = "stock",
    *,
    account: str = "fay",
    role: AccountRole = "finance",
    scope: str | None = None,
    **about: Any,
) -> None:
    """Opens the account if it is new, and subscribes it, from the first event on if nothing else is said."""
    open_accounts(desk.bus, account, roles=(role,), scope=scope)
    kind = "merchant" if role == "merchant" else "platform"
    actor = Actor(kind=kind, id=account, role=role, scope=scope)
    desk.expect("create_subscription", actor=actor, subscription_id=subscription_id, **{"start": "first"} | about)


def let_pass(app: App, seconds: float) -> None:
    """Makes so much time pass for leases, retries and members."""
    by = {"by": timedelta(seconds=seconds)}
    with transaction(app.ledger.engine) as cursor:
        cursor.execute("UPDATE delivery.members SET seen_at = seen_at - %(by)s", by)
    with transaction(app.ledger.engine) as cursor:
        cursor.execute("SELECT FROM delivery.books ORDER BY book, subscription FOR UPDATE")
        cursor.execute("UPDATE delivery.events SET due_at = due_at - %(by)s", by)


def busy(desk: Desk, merchants: Iterable[str], *, changes: int = 3) -> None:
    """Records some events in the stream of each merchant."""
    for merchant in merchants:
        enrol(desk, merchant)
    for number in range(changes):
        for merchant in merchants:
            desk.expect("set_auto_export", merchant_id=merchant, enabled=number % 2 == 0)


def recorded(app: App, wanted: EventFilter | None = None) -> list[Place]:
    """The places of all events of the log that the filter wants."""
    page = EventFeed(app.ledger).page({}, wanted or EventFilter(), limit=1_000_000)
    return sorted((frame.book, frame.position) for frame in page.frames)


def places(events: Iterable[DeliveredEvent]) -> list[Place]:
    return [(each.row.book, each.row.position) for each in events]


class Member:
    """A member of a subscription's group."""

    def __init__(self, app: App, name: str = "one", subscription_id: str = "stock") -> None:
        self._all, self.name, self._id = Subscriptions(app), name, subscription_id

    def lease(self, most: int = 1_000) -> Sequence[DeliveredEvent]:
        return self._all.lease(self._id, self.name, most).events

    def ack(self, events: Iterable[DeliveredEvent]) -> None:
        self._all.acknowledge(self._id, self.name, [each.receipt for each in events])

    def holds(self, events: Iterable[DeliveredEvent]) -> bool:
        """True if the acknowledgement of these events was accepted."""
        try:
            self.ack(events)
        except NotHeld:
            return False
        return True

    def give_back(self, events: Iterable[DeliveredEvent], **about: Any) -> None:
        self._all.give_back(self._id, self.name, [each.receipt for each in events], **about)

    def finish(self, *, most: int = 1_000) -> list[Recorded]:
        """Takes and acknowledges everything, and returns it."""
        found = list[Recorded]()
        while events := self.lease(most):
            self.ack(events)
            found += [each.row for each in events]
        return found


def at(receipt: Receipt) -> Place:
    return receipt.book, receipt.position
