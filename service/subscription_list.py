"""Subscriptions as people see them: what each delivers, how far it is behind, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import ceil
from typing import Any, NamedTuple

from sqlalchemy import Engine

from ledger.events.subscriptions import (
    DeliverySettings,
    ParkedEventReplayed,
    ParkedEventSkipped,
    SubscriptionCreated,
    WantedEvents,
)
from ledger.ids import PLATFORM_BOOK, subscription_stream
from ledger.log.cursor import Cursor
from ledger.log.engine import cursor_of
from ledger.log.lost_books import within
from ledger.streams.loader import load_each, load_stream
from ledger.streams.subscriptions import Subscription
from projections.keyset import Key
from service.app import App

_KIND = "subscription"
_MOST_PARKED = 100  # that are listed with a subscription
_PLACES_IN = """
SELECT b.subscription, b.book, b.decided,
       coalesce(min(e.position) FILTER (WHERE NOT e.parked) - 1, b.position) AS place,
       count(e.position) FILTER (WHERE e.lease > 0) AS in_flight,
       count(e.position) FILTER (WHERE e.lease = 0 AND NOT e.parked) AS waiting,
       count(e.position) FILTER (WHERE e.parked) AS parked
FROM delivery.books b LEFT JOIN delivery.events e ON e.book = b.book AND e.subscription = b.subscription AND {of_event}
WHERE {of_book} AND (%(ids)s::text[] IS NULL OR b.subscription = ANY(%(ids)s))
GROUP BY b.book, b.subscription
"""
_PLACES = _PLACES_IN.format(of_book="true", of_event="true")
_LAGS = """
SELECT p.subscription, sum(h.position - p.place)::bigint,
       coalesce(extract(epoch FROM clock_timestamp() - min(n.recorded_at)), 0)::float,
       sum(p.in_flight)::bigint, sum(p.waiting)::bigint, sum(p.parked)::bigint
FROM ({places}) p JOIN log.heads h ON h.book = p.book AND {of_head}
LEFT JOIN log.events n ON n.book = p.book AND n.position = p.place + 1 AND {of_next}
GROUP BY p.subscription
"""
_PLACE = f"SELECT p.book, p.place, p.decided FROM ({_PLACES}) p"
_MEMBERS = (
    "SELECT member FROM delivery.members WHERE book = %s AND subscription = %s"
    " AND seen_at > clock_timestamp() - make_interval(secs => %s) ORDER BY member"
)
_PARKED = (
    "SELECT book, position, stream, attempts, reason FROM delivery.events WHERE subscription = %s AND parked"
    " ORDER BY book, position LIMIT %s"
)


class Lag(NamedTuple):
    """The events of a subscription's books after its place, wanted or not, and the age of the oldest in seconds; and
    its unsettled events."""

    events: int
    seconds: float
    in_flight: int
    waiting: int
    parked: int


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription. `lag_events` counts the events of its books after its place, also those that it does not want;
    `lag_s` is the age of the oldest. All figures are empty until the first lease."""

    subscription_id: str
    account_id: str
    merchant: str
    state: str
    delivery: str
    types: tuple[str, ...]
    lag_events: int | None
    lag_s: int | None
    in_flight: int
    waiting: int
    parked: int


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that was given up after `attempts` deliveries, with the reason of the last failure. It holds up the
    later events of its stream."""

    book: int
    position: int
    stream: str
    attempts: int
    reason: str


@dataclass(frozen=True, slots=True)
class SubscriptionDetails(SubscriptionRow):
    """A subscription with its choice, its limits, and the members of its group. `place` is a position token up to which
    every wanted event is settled or parked. `url` is the endpoint of a webhook. `parked_events` are the first hundred.
    """

    order: str
    books: tuple[int, ...]
    most_in_flight: int
    ack_within_s: int
    most_retries: int
    url: str
    created_at: datetime
    place: str
    members: tuple[str, ...]
    parked_events: tuple[ParkedEvent, ...]


def lags(engine: Engine, ids: Sequence[str] | None = None, *, books: Collection[int] | None = None) -> dict[str, Lag]:
    """Returns the lag in these books, by default in all, of each of these subscriptions, or of all, that has leased
    anything. Retired ones are among them."""
    places = _PLACES_IN.format(of_book=within(books, "b.book"), of_event=within(books, "e.book"))
    statement = _LAGS.format(places=places, of_head=within(books, "h.book"), of_next=within(books, "n.book"))
    return {row[0]: Lag(*row[1:]) for row in _select(engine, statement, {"ids": None if ids is None else list(ids)})}


def all_subscriptions(app: App, *, after: str = "", limit: int | None = None) -> dict[str, Subscription]:
    """Returns the subscriptions after an id, in the order of ids."""
    reader = app.ledger.reader
    names = reader.streams_of(PLATFORM_BOOK, _KIND, after=after, limit=limit)
    found = load_each(reader, dict.fromkeys(names, PLATFORM_BOOK), Subscription)
    return {each.created.subscription_id: each for each in found.values() if each.created}


def subscription_of(app: App, id: str) -> Subscription | None:
    """Returns the subscription, or None if it was never created."""
    found = load_stream(app.ledger.reader, PLATFORM_BOOK, subscription_stream(id), Subscription)
    return found if found.created else None


def merchant_of_events(subscription: Subscription) -> str:
    """Returns the merchant whose events alone are delivered, or ''."""
    return subscription.wanted.merchant or "" if subscription.wanted else ""


def listed(
    app: App, is_wanted: Callable[[Subscription], bool], *, limit: int, after: Key | None = None
) -> list[SubscriptionRow]:
    """Returns the wanted subscriptions after the id `after`, in the order of ids."""
    found: dict[str, Subscription] = {}
    last = str(after[0]) if after else ""
    while len(found) < limit and (read := all_subscriptions(app, after=last, limit=limit)):
        found |= {id: each for id, each in read.items() if is_wanted(each)}
        last = list(read)[-1]
    ids = list(found)[:limit]
    behind = lags(app.ledger.engine, ids, books=app.ledger.reader.part)
    return [_row(found[id], behind.get(id)) for id in ids]


def details(app: App, subscription: Subscription) -> SubscriptionDetails:
    """Returns all about a subscription."""
    created, wanted, settings = _definition(subscription)
    id, engine = created.subscription_id, app.ledger.engine
    places = {book: (place, decided) for book, place, decided in _select(engine, _PLACE, {"ids": [id]})}
    place = {book: place for book, (place, _) in places.items()} or created.start
    parked = (ParkedEvent(*row) for row in _select(engine, _PARKED, (id, _MOST_PARKED)))
    decided = {
        (decision.event.book, decision.event.position)
        for decision in subscription.decisions
        if isinstance(decision.event, ParkedEventReplayed | ParkedEventSkipped)
        and decision.version > places.get(decision.event.book, (0, 0))[1]
    }
    return SubscriptionDetails(
        **asdict(_row(subscription, lags(engine, [id]).get(id))),
        order=wanted.order or "",
        books=wanted.books,
        **settings.model_dump() | {"url": settings.url or ""},
        created_at=created.created_at,
        place=Cursor.at(place, app.ledger.identity).token,
        members=tuple(name for (name,) in _select(engine, _MEMBERS, (PLATFORM_BOOK, id, settings.ack_within_s))),
        # without those about which a person has decided: the next lease carries that out
        parked_events=tuple(each for each in parked if (each.book, each.position) not in decided),
    )


def _row(subscription: Subscription, lag: Lag | None) -> SubscriptionRow:
    created, wanted, _ = _definition(subscription)
    return SubscriptionRow(
        subscription_id=created.subscription_id,
        account_id=created.owner,
        merchant=merchant_of_events(subscription),
        state=subscription.state,
        delivery=created.delivery,
        types=wanted.types,
        lag_events=lag.events if lag else None,
        lag_s=ceil(lag.seconds) if lag else None,
        in_flight=lag.in_flight if lag else 0,
        waiting=lag.waiting if lag else 0,
        parked=lag.parked if lag else 0,
    )


def _definition(subscription: Subscription) -> tuple[SubscriptionCreated, WantedEvents, DeliverySettings]:
    assert subscription.created, "only those that were created are listed"
    assert subscription.wanted, "it says what it wants"
    assert subscription.settings, "it says how it delivers"
    return subscription.created, subscription.wanted, subscription.settings


def _select(engine: Engine, statement: str, values: Any) -> list[tuple[Any, ...]]:
    with cursor_of(engine) as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
