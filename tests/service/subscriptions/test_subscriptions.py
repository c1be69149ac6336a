"""Subscriptions on a real ledger: exactly the wanted events, retries, parked events, rewinds, and who gets nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.log.cursor import Cursor
from ledger.log.observer import Observer
from ledger.log.rows import Recorded
from service.app import App
from service.failures import NotKnown
from service.feeds.cloud_events import cloud_event
from service.feeds.event_query import filter_of
from service.feeds.merchant_events import event_for
from service.questions.reader import Reader
from service.subscription_list import ParkedEvent, details
from service.subscriptions.book_delivery import NotHeld
from service.subscriptions.lease_call import PlaceLost
from service.subscriptions.subscriptions import SubscriptionEnded, Subscriptions
from tests.support.access import ADMIN
from tests.support.buses import Desk, enrol
from tests.support.shops import app_of
from tests.support.subscribers import Member, busy, let_pass, places, recorded, subscribe

FAY = Actor(kind="platform", id="fay", role="finance")
MERCHANTS = ["M-1", "M-2", "M-3"]


@pytest.fixture
def app(desk: Desk) -> App:
    busy(desk, MERCHANTS)
    return app_of(desk)


def positions_of(app: App, *books: int) -> dict[int, int]:
    heads = app.ledger.reader.heads()
    return {book: heads[book] for book in books or heads}


@pytest.mark.parametrize(
    "asked",
    [
        {"types": ["merchant.*"]},
        {"types": ["fx.rate_recorded", "policy.published"]},
        {"merchant": "M-2"},
        {"merchant": "M-1", "types": ["merchant.auto_export_enabled"]},
        {"books": [0]},
        {"merchant": "M-3", "order": "O-1"},
    ],
    ids=str,
)
def test_a_filter_gives_exactly_what_the_feed_gives_with_it(desk: Desk, app: App, asked: dict[str, Any]) -> None:
    desk.expect(
        "report_payment_failed",
        merchant_id="M-3",
        order_id="O-1",
        psp="stripe",
        payment_id="P-1",
        code="no",
        amount="USD 1.00",
    )
    subscribe(desk, **asked)
    types = ",".join(asked.get("types", ())) or None
    of_feed = filter_of(app, Reader("auditor"), types=types, merchant=asked.get("merchant"), order=asked.get("order"))
    wanted = replace(of_feed, books=frozenset(asked["books"]) if "books" in asked else of_feed.books)
    assert recorded(app, wanted)
    assert sorted((row.book, row.position) for row in Member(app).finish(most=5)) == recorded(app, wanted)


def test_an_event_is_the_text_that_the_feed_sends(desk: Desk, app: App) -> None:
    subscribe(desk)
    for each in Member(app).lease(20):
        assert each.text == cloud_event(app.ledger.identity.ledger_id, each.row)


def test_a_merchant_gets_its_own_events_as_a_merchant_may_see_them(desk: Desk, app: App) -> None:
    subscribe(desk, account="may", role="merchant", scope="M-1")
    ledger_id, events = app.ledger.identity.ledger_id, Member(app).lease()
    assert events
    assert all(each.text == event_for(ledger_id, each.row, "M-1") for each in events)
    assert not any("actor" in json.loads(each.text)["data"] for each in events)


def test_a_subscription_of_now_has_only_what_comes_later(desk: Desk, app: App) -> None:
    subscribe(desk, start="now")
    created = recorded(app)[-1:]
    busy(desk, ["M-4"])
    rows = Member(app).finish()
    assert {row.stream for row in rows} == {"merchant/M-4", "subscription/stock"}
    assert created


def test_a_subscription_begins_at_a_token(desk: Desk, app: App) -> None:
    token = Cursor.at(app.ledger.reader.heads(), app.ledger.identity).token
    before = recorded(app)
    busy(desk, ["M-4"])
    subscribe(desk, start=token)
    assert sorted((row.book, row.position) for row in Member(app).finish()) == recorded(app)[len(before) :] or (
        {(row.book, row.position) for row in Member(app).finish()} == set()
    )


def test_a_merchant_that_comes_later_is_delivered_from_its_first_event(desk: Desk, app: App) -> None:
    subscribe(desk, merchant="M-9")
    assert Member(app).lease() == ()
    enrol(desk, "M-9")
    assert [row.version for row in Member(app).finish()] == [1, 2]


def test_a_member_holds_no_more_than_it_may(desk: Desk, app: App) -> None:
    subscribe(desk, books=[0], types=["fx.*", "policy.*"], most_in_flight=7)
    member = Member(app)
    first = member.lease(5)
    second = member.lease(5)
    assert (len(first), len(second), len(member.lease(5))) == (5, 2, 0)
    member.ack(first)
    assert len(member.lease(9)) == 5


def test_an_event_that_always_fails_is_parked_and_its_stream_waits_alone(desk: Desk, app: App) -> None:
    subscribe(desk, merchant="M-1", most_retries=2)
    member = Member(app)
    for attempt in (1, 2, 3):
        (first, *_) = member.lease()
        assert first.attempt == attempt
        member.give_back([first], reason="no")
        let_pass(app, 10)
    assert member.lease() == ()
    enrol(desk, "M-1b")
    (parked,) = details(app, Subscriptions(app).found("stock")).parked_events
    assert parked == ParkedEvent(first.row.book, first.row.position, "merchant/M-1", 3, "no")


def parked_first(desk: Desk, app: App) -> tuple[Member, dict[str, Any]]:
    """A member of a subscription to one stream whose first event is parked, and how commands name this event."""
    subscribe(desk, merchant="M-1")
    member = Member(app)
    (first, *_) = member.lease()
    member.give_back([first], park=True)
    return member, {"subscription_id": "stock", "book": first.row.book, "position": first.row.position, "actor": FAY}


def test_a_person_replays_a_parked_event_and_its_stream_goes_on_from_it(desk: Desk, app: App) -> None:
    member, about = parked_first(desk, app)
    assert member.lease() == ()
    desk.expect("replay_parked_event", **about)
    assert [row.version for row in member.finish()] == [1, 2, 3, 4, 5]


def test_a_person_skips_a_parked_event_and_its_stream_goes_on_without_it(desk: Desk, app: App) -> None:
    member, about = parked_first(desk, app)
    desk.expect("skip_parked_event", reason="bad", **about)
    assert [row.version for row in member.finish()] == [2, 3, 4, 5]


def test_a_rewind_delivers_everything_after_the_place_again_and_takes_back_what_is_in_flight(
    desk: Desk, app: App
) -> None:
    subscribe(desk)
    member, middle = Member(app), {book: head // 2 for book, head in positions_of(app).items()}
    held = member.lease()
    token = Cursor.at(middle, app.ledger.identity).token
    desk.expect("rewind_subscription", subscription_id="stock", token=token, actor=FAY)
    with pytest.raises(NotHeld):
        member.ack(held)
    again = sorted((row.book, row.position) for row in member.finish())
    assert again == [(book, at) for book, at in recorded(app) if at > middle[book]]


def test_a_rewind_of_one_book_leaves_the_others(desk: Desk, app: App) -> None:
    subscribe(desk)
    member = Member(app)
    member.finish()
    desk.expect("rewind_subscription", subscription_id="stock", book=0, position=3, actor=FAY)
    assert [(row.book, row.position) for row in member.finish()] == [each for each in recorded(app) if each > (0, 3)][
        : positions_of(app)[0] - 3
    ]


def test_a_paused_subscription_delivers_nothing_and_goes_on_where_it_was(desk: Desk, app: App) -> None:
    subscribe(desk, merchant="M-1")
    member = Member(app)
    first = member.lease(2)
    desk.expect("pause_subscription", subscription_id="stock", reason="move", actor=FAY)
    assert member.lease() == ()
    member.ack(first)
    desk.expect("resume_subscription", subscription_id="stock", actor=FAY)
    assert [row.version for row in member.finish()] == [3, 4, 5]


def test_a_changed_filter_holds_for_what_is_read_after_it(desk: Desk, app: App) -> None:
    subscribe(desk, merchant="M-1")
    member = Member(app)
    member.finish()
    change = {"subscription_id": "stock", "merchant": "M-1", "types": ["merchant.auto_export_enabled"]}
    desk.expect("change_subscription", actor=FAY, **change)
    for enabled in (True, False, True):
        desk.ask("set_auto_export", merchant_id="M-1", enabled=enabled)
    assert {row.type for row in member.finish()} == {"merchant.auto_export_enabled"}


@contextmanager
def refused(kind: type[Exception]) -> Iterator[None]:
    with pytest.raises(kind):
        yield


def test_a_closed_account_gets_nothing_and_settles_nothing(desk: Desk, app: App) -> None:
    subscribe(desk)
    member = Member(app)
    held = member.lease()
    desk.expect("close_access_account", account_id="fay", reason="left", actor=ADMIN)
    with refused(SubscriptionEnded):
        member.lease()
    with refused(SubscriptionEnded):
        member.ack(held)


def test_a_retired_subscription_delivers_nothing(desk: Desk, app: App) -> None:
    subscribe(desk)
    desk.expect("retire_subscription", subscription_id="stock", reason="over", actor=FAY)
    with refused(SubscriptionEnded):
        Member(app).lease()


def test_a_retired_subscription_leaves_no_rows(desk: Desk, app: App) -> None:
    subscribe(desk)
    Member(app).lease()
    desk.expect("retire_subscription", subscription_id="stock", reason="over", actor=FAY)
    with refused(SubscriptionEnded):
        Member(app).lease()
    with app.ledger.engine.connect() as connection:
        for table in ("books", "events", "members"):
            assert connection.exec_driver_sql(f"SELECT count(*) FROM delivery.{table}").scalar_one() == 0


def test_an_account_finds_its_own_subscriptions_alone(desk: Desk, app: App) -> None:
    subscribe(desk)
    service = Subscriptions(app)
    assert service.found("stock", Reader("finance", None, "fay"))
    for reader in (Reader("finance", None, "pat"), Reader("admin", None, "ada")):
        with refused(NotKnown):
            service.lease("stock", "one", 10, reader=reader)
    with refused(NotKnown):
        service.found("unheard")


def test_places_from_before_a_restore_are_refused_until_the_subscription_is_rewound(desk: Desk, app: App) -> None:
    subscribe(desk)
    member = Member(app)
    member.finish()
    restored = replace(app.ledger.identity, epoch=app.ledger.identity.epoch + 1)
    app.ledger.identity = restored
    with refused(PlaceLost):
        member.lease()
    desk.expect("rewind_subscription", subscription_id="stock", recorded_from="2020-01-01T00:00:00Z", actor=FAY)
    assert sorted((row.book, row.position) for row in member.finish()) == recorded(app)


def test_a_place_beyond_the_log_is_refused(desk: Desk, app: App) -> None:
    subscribe(desk)
    member = Member(app)
    member.finish()
    with app.ledger.engine.connect() as connection:
        connection.exec_driver_sql("UPDATE delivery.books SET position = position + 1 WHERE book = 0")
    with refused(PlaceLost):
        member.lease()


def test_the_events_of_a_lease_that_failed_come_again(desk: Desk, app: App) -> None:
    subscribe(desk)
    member = Member(app)
    lost = member.lease()
    let_pass(app, 61)
    again = member.lease()
    assert places(again) == places(lost)
    firsts = {each.row.stream: each for each in reversed(again)}
    assert {each.attempt for each in firsts.values()} == {2}


class Heard(Observer):
    """Keeps the deliveries that were noticed, by receiver."""

    def __init__(self) -> None:
        self.delivered_to: list[tuple[str, int]] = []

    def delivered(self, to: str, events: Sequence[Recorded], *, seconds: float) -> None:  # noqa: ARG002
        self.delivered_to.append((to, len(events)))


@pytest.mark.parametrize(("reader", "found"), [(Reader("finance", None, "fay"), [("subscription", 5)]), (None, [])])
def test_a_lease_is_a_delivery_and_that_of_a_sender_of_webhooks_is_none_yet(
    desk: Desk, app: App, reader: Reader | None, found: list[tuple[str, int]]
) -> None:
    subscribe(desk)
    heard = app.ledger.observer = Heard()
    Subscriptions(app).lease("stock", "one", 5, reader=reader)
    assert heard.delivered_to == found
