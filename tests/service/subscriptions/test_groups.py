"""Groups on a real ledger: members share books, die, come back late and believe that they own what they lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from threading import Lock, Thread

import pytest

from service.app import App
from service.feeds.event_feed import EventFeed
from service.subscriptions.book_delivery import NotHeld
from service.subscriptions.event_choice import choice_of
from service.subscriptions.lease_call import DeliveredEvent, LeaseCall
from service.subscriptions.subscriptions import Subscriptions
from tests.support.buses import Desk
from tests.support.shops import app_of
from tests.support.subscribers import Member, Place, busy, let_pass, places, recorded, subscribe

MERCHANTS = [f"M-{number}" for number in range(12)]


@pytest.fixture
def app(desk: Desk) -> App:
    busy(desk, MERCHANTS)
    subscribe(desk, most_retries=1_000)
    return app_of(desk)


def test_a_member_alone_gets_every_event_once(app: App) -> None:
    rows = Member(app).finish(most=7)
    assert sorted((row.book, row.position) for row in rows) == recorded(app)


def test_the_events_of_a_stream_come_in_order(app: App) -> None:
    rows = Member(app).finish(most=7)
    for stream in {row.stream for row in rows}:
        versions = [row.version for row in rows if row.stream == stream]
        assert versions == sorted(versions)


def test_a_member_keeps_the_books_that_it_took_while_anothers_call_had_begun(app: App) -> None:
    subscriptions = Subscriptions(app)
    subscription = subscriptions.found("stock")
    rows, wanted = subscriptions.rows(subscription), choice_of(app.ledger.directory, subscription)
    assert wanted
    live = rows.greet("one")
    of_two = Member(app, "two").lease()
    call = LeaseCall(app.ledger, EventFeed(app.ledger), subscription, rows, wanted, "one", live)
    of_one = list(call.events(1_000))
    assert of_two
    assert not set(places(of_one)) & set(places(of_two))


def test_members_share_the_books_and_no_event_goes_to_two(app: App) -> None:
    one, two = Member(app, "one"), Member(app, "two")
    one.lease(0), two.lease(0)
    one.lease(0), two.lease(0)
    of_one, of_two = one.lease(), two.lease()
    assert sorted(places(of_one) + places(of_two)) == recorded(app)
    assert of_one
    assert of_two
    assert not {book for book, _ in places(of_one)} & {book for book, _ in places(of_two)}


def test_a_new_member_gets_books_when_nothing_of_them_is_in_flight(app: App) -> None:
    one, two = Member(app, "one"), Member(app, "two")
    held = one.lease(20)
    assert two.lease() == ()
    one.lease(0)
    assert not {book for book, _ in places(two.lease())} & {book for book, _ in places(held)}
    one.ack(held)
    one.lease(0)
    assert {book for book, _ in places(two.lease())} & {book for book, _ in places(held)}


def test_the_books_of_a_silent_member_go_to_the_others(app: App) -> None:
    one, two = Member(app, "one"), Member(app, "two")
    lost = one.lease()
    let_pass(app, 61)
    assert sorted(places(two.lease())) == sorted(places(lost))


def test_a_former_owner_settles_nothing_and_changes_nothing(app: App) -> None:
    one, two = Member(app, "one"), Member(app, "two")
    first, second = one.lease(5), one.lease(5)
    one.ack(first)
    let_pass(app, 61)
    again = two.lease()
    assert not one.holds(second)
    assert not one.holds(again)
    assert two.holds(again)
    assert sorted(places(first) + places(again)) == recorded(app)


def test_a_batch_is_acknowledged_as_a_whole_or_not_at_all(app: App) -> None:
    one, two = Member(app, "one"), Member(app, "two")
    events = one.lease()
    let_pass(app, 61)
    one.lease(0)  # the member is alive, and takes back its own events, which were late
    fresh = one.lease()
    mixed = [*fresh[:3], events[-1]]
    assert not one.holds(mixed)
    assert one.holds(fresh)
    assert two.lease() == ()


def test_a_late_acknowledgement_counts_while_nobody_took_the_events(app: App) -> None:
    one = Member(app)
    events = one.lease()
    let_pass(app, 61)
    assert one.holds(events)
    assert one.lease() == ()


@pytest.mark.parametrize("seed", range(4))
def test_members_in_any_order_settle_every_event_once(desk: Desk, app: App, seed: int) -> None:
    """Four members at once, for two hundred steps each: they take, settle, give back, forget what they hold, answer
    late, and more is recorded meanwhile. A receipt of another is tried too."""
    group = _Group(app, seed)
    threads = [Thread(target=group.work, args=(f"m{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    busy(desk, [f"N-{number}" for number in range(6)])
    for thread in threads:
        thread.join()
    assert not group.errors, f"seed {seed}"
    let_pass(app, 1_000)
    last = Member(app, "last")
    while events := last.lease():
        group.settle(last, events)
    assert sorted(group.settled.elements()) == recorded(app), f"seed {seed}"
    for stream, versions in group.versions.items():
        assert versions == sorted(versions), f"seed {seed}: {stream}"


class _Group:
    """The members' common notes: which events they settled, and in which order."""

    def __init__(self, app: App, seed: int) -> None:
        self._app, self._seed, self._lock = app, seed, Lock()
        self.settled: Counter[Place] = Counter()
        self.versions: dict[str, list[int]] = {}
        self.errors: list[Exception] = []
        self._given: list[Sequence[DeliveredEvent]] = []

    def work(self, name: str) -> None:
        random, member = Random(f"{self._seed}{name}"), Member(self._app, name)
        try:
            for _ in range(200):
                self._step(random, member)
        except Exception as error:
            self.errors.append(error)

    def _step(self, random: Random, member: Member) -> None:
        match random.randrange(8):
            case 0 | 1 | 2:
                self._given.append(member.lease(random.randrange(1, 30)))
            case 3 | 4 | 5 if self._given:
                self.settle(member, random.choice(self._given[-8:]))
            case 6 if self._given:
                with suppress(NotHeld):
                    member.give_back(random.choice(self._given[-8:])[:1], retry_after_s=random.choice((0, 30)))
            case 7:
                with self._lock:
                    let_pass(self._app, random.choice((5, 61)))

    def settle(self, member: Member, events: Sequence[DeliveredEvent]) -> None:
        """Notes the events if the acknowledgement is accepted. Under a lock, so that the notes are in its order."""
        with self._lock:
            if member.holds(events):
                self.settled.update(places(events))
                for each in events:
                    self.versions.setdefault(each.row.stream, []).append(each.row.version)
