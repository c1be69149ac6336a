"""The sender on a real ledger: every event arrives, in the order of its stream, and a dead endpoint delays nobody."""

from __future__ import annotations

import os
import signal
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from threading import Event, Lock
from typing import Any

import psycopg2
import pytest
from standardwebhooks import Webhook

from ledger.actors import Actor
from ledger.log.rows import Recorded
from service.app import App
from service.webhook_attempts import attempts_of
from service.webhooks.circuit import FAILURES
from service.webhooks.post import Post
from service.webhooks.sender import WebhookSender
from service.webhooks.signature import new_secret
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.database_text import everything_in
from tests.support.endpoints import LOOPBACK
from tests.support.receivers import Received, Receiver, receiver
from tests.support.services import Service, until
from tests.support.shops import app_of
from tests.support.subscribers import busy, subscribe

FAY = Actor(kind="platform", id="fay", role="finance")
MERCHANTS = [f"M-{number}" for number in range(6)]
SOON = (timedelta(milliseconds=20),) * 30


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(database_url, tmp_path, now=datetime.now(UTC)) as desk:
        publish_programme(desk)
        busy(desk, MERCHANTS)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


@contextmanager
def sending(
    app: App, *, random: Random | None = None, delays: Sequence[timedelta] = SOON, deadline_s: float = 15.0
) -> Iterator[WebhookSender]:
    sender = WebhookSender(
        app, post=lambda: Post(LOOPBACK, deadline_s=deadline_s), random=random or Random(1), delays=delays
    )
    sender.start()
    try:
        yield sender
    finally:
        sender.stop()


def hook(desk: Desk, to: Receiver, name: str = "hook", **about: Any) -> str:
    """Subscribes the endpoint to the events of merchants, and returns its secret."""
    chosen: dict[str, Any] = {"types": ["merchant.*"], "most_retries": 1_000}
    subscribe(desk, name, url=to.url, **chosen | about)
    return rotate(desk, name, actor=about.get("actor", FAY))


def rotate(desk: Desk, name: str = "hook", *, actor: Actor = FAY, **about: Any) -> str:
    secret = new_secret()
    desk.expect("rotate_webhook_secret", actor=actor, subscription_id=name, secret=secret, **about)
    return secret


def ids(posts: Sequence[Received]) -> set[str]:
    return {each.id for each in posts}


def rows_of(app: App) -> list[Recorded]:
    """The events that the endpoint wants."""
    reader = app.ledger.reader
    rows = [row for book, head in reader.heads().items() for row in reader.read(book, 0, head)]
    return [row for row in rows if row.type.startswith("merchant.")]


def wanted(app: App) -> int:
    return len(rows_of(app))


def in_order(posts: Sequence[Received]) -> bool:
    """True if the first acceptances of each stream come in the order of its versions."""
    versions = defaultdict[str, list[int]](list)
    for id in dict.fromkeys(each.id for each in posts):
        data = next(each for each in posts if each.id == id).event["data"]
        versions[data["stream"]].append(data["version"])
    return all(each == sorted(each) for each in versions.values())


def test_every_event_arrives_signed_and_in_the_order_of_its_stream(desk: Desk, app: App) -> None:
    with receiver() as to:
        secret, count = hook(desk, to), wanted(app)
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) == count)
        assert len(to.posts) == count
        assert in_order(to.posts)
        for each in to.posts:
            assert Webhook(secret).verify(each.body, each.headers)["id"] == each.id


def test_an_endpoint_that_fails_at_random_gets_everything_and_each_stream_in_order(desk: Desk, app: App) -> None:
    seed = int(os.environ.get("REDLEDGER_TEST_SEED", Random().randrange(2**32)))
    random, lock, in_a_row = Random(seed), Lock(), 0

    def at_random(_id: str, _number: int) -> int:
        nonlocal in_a_row
        with lock:
            status = random.choice((200, 204, 204, 204, 302, 404, 429, 500))
            # each failure after the circuit is open doubles the pause: twelve in a row are a minute
            in_a_row = 0 if status < 300 or in_a_row > FAILURES else in_a_row + 1
            return status if in_a_row else 204

    with receiver(at_random) as to:
        hook(desk, to)
        count = wanted(app)
        with sending(app, random=Random(seed)):
            to.wait_for(lambda posts: len(ids([p for p in posts if p.status < 300])) == count, f"seed {seed}")
        assert in_order(to.accepted()), f"seed {seed}"


def test_nothing_is_sent_before_there_is_a_secret(desk: Desk, app: App) -> None:
    with receiver() as to, receiver() as other:
        subscribe(desk, "hook", url=to.url, types=["merchant.*"])
        hook(desk, other, "other")
        with sending(app):
            other.wait_for(lambda posts: len(ids(posts)) == wanted(app))
            assert to.posts == []
            rotate(desk)
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))


def test_during_a_rotation_a_webhook_verifies_with_both_secrets(desk: Desk, app: App) -> None:
    with receiver() as to:
        first, second = hook(desk, to), rotate(desk)
        with sending(app):
            to.wait_for(lambda posts: len(posts) > 0)
        for secret in (first, second):
            Webhook(secret).verify(to.posts[0].body, to.posts[0].headers)


def test_a_dead_endpoint_delays_nobody(desk: Desk, app: App) -> None:
    ended = Event()

    def hangs(_id: str, _number: int) -> int:
        ended.wait(60)
        return 500

    with receiver(hangs) as dead, receiver() as alive:
        for number in range(3):
            hook(desk, dead, f"dead-{number}")
        hook(desk, alive)
        try:
            with sending(app):
                alive.wait_for(lambda posts: len(ids(posts)) == wanted(app))
                assert dead.posts == []
        finally:
            ended.set()


def test_an_answer_410_pauses_the_subscription_until_its_owner_resumes_it(desk: Desk, app: App) -> None:
    gone = [True]
    with receiver(lambda _id, _number: 410 if gone[0] else 204) as to:
        hook(desk, to, most_in_flight=1)
        with sending(app):
            to.wait_for(lambda posts: len(posts) == 1)
            rows = _wait_for_event(app, "subscription.paused")
            assert rows.readable_event.paused_by.id == "webhooks"
            gone[0] = False
            desk.expect("resume_subscription", actor=FAY, subscription_id="hook")
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))
        assert [each.status for each in to.posts].count(410) == 1


def test_an_event_without_further_retries_parks_its_stream_and_no_other(desk: Desk, app: App) -> None:
    first, *behind = [row for row in rows_of(app) if row.stream == "merchant/M-3"]
    poison = {first.event_id}
    with receiver(lambda id, _number: 500 if id in poison else 204) as to:
        hook(desk, to)
        with sending(app, delays=(timedelta(milliseconds=10),)):
            to.wait_for(lambda posts: len(ids(posts)) == len(rows_of(app)) - len(behind))
            to.wait_for(lambda posts: [each.id for each in posts].count(first.event_id) == 2)
            poison.clear()
            about = {"subscription_id": "hook", "book": first.book, "position": first.position}
            desk.expect("replay_parked_event", actor=FAY, **about)
            to.wait_for(lambda posts: len(ids(posts)) == len(rows_of(app)))
        assert in_order(to.accepted())


def test_a_merchant_gets_its_own_events_only_in_its_own_shape(desk: Desk, app: App) -> None:
    with receiver() as to:
        may = Actor(kind="merchant", id="may", role="merchant", scope="M-1")
        subscribe(desk, "hook", account="may", role="merchant", scope="M-1", url=to.url)
        rotate(desk, actor=may)
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) >= 4)
        assert {each.event["subject"].split("/")[1] for each in to.posts} == {"M-1"}
        assert not any({"actor", "command_id", "leaf"} & each.event["data"].keys() for each in to.posts)


def test_a_test_is_sent_once_and_also_while_the_subscription_is_paused(desk: Desk, app: App) -> None:
    with receiver() as to:
        secret = hook(desk, to)
        desk.expect("pause_subscription", actor=FAY, subscription_id="hook", reason="upgrade")
        desk.expect("send_test_webhook", actor=FAY, subscription_id="hook")
        with sending(app):
            to.wait_for(lambda posts: len(posts) == 1)
            assert Webhook(secret).verify(to.posts[0].body, to.posts[0].headers)["type"].endswith("test_requested")
            desk.expect("resume_subscription", actor=FAY, subscription_id="hook")
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app) + 1)
        assert len(to.posts) == wanted(app) + 1


def test_the_log_of_deliveries_has_every_attempt(desk: Desk, app: App) -> None:
    answers = iter([500, 500, 204])
    with receiver(lambda _id, _number: next(answers, 204)) as to:
        hook(desk, to, most_in_flight=1, merchant="M-1")
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) == 4)
        page = attempts_of(app.ledger.engine, "hook", limit=100)
    first = [(each.attempt, each.status) for each in page[::-1]][:3]
    assert first == [(1, 500), (2, 500), (3, 204)]


def test_attempts_are_kept_for_seven_days_also_those_of_a_subscription_that_is_gone(app: App) -> None:
    with app.ledger.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO delivery.attempts SELECT 0, name, clock_timestamp() - make_interval(days => age), 1, 1, 1,"
            " 204, 1, '' FROM unnest(ARRAY['hook', 'gone']) AS n (name), unnest(ARRAY[6, 8]) AS d (age)"
        )

    def kept(name: str) -> int:
        return len(attempts_of(app.ledger.engine, name, limit=10))

    with sending(app):
        until(lambda: kept("hook") == kept("gone") == 1, what="the old attempts to go")


def test_a_second_process_takes_over_at_once_when_the_first_one_ends(desk: Desk, app: App) -> None:
    with receiver() as to:
        hook(desk, to, ack_within_s=3_600)
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))
        busy(desk, ["M-9"])
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))
        assert in_order(to.posts)


def test_two_processes_share_the_work_and_send_no_event_twice(desk: Desk, app: App) -> None:
    with receiver() as to:
        hook(desk, to)
        with sending(app), sending(app, random=Random(2)):
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))
            for number in range(4):
                busy(desk, [f"M-{10 + number}"])
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))
        assert len(to.posts) == wanted(app)
        assert in_order(to.posts)


def test_connections_that_are_cut_delay_the_events_and_lose_none(desk: Desk, app: App, database_url: str) -> None:
    def cutting(_id: str, number: int) -> int:
        if number % 5 == 0:
            cut_connections(database_url)
        return 204

    with receiver(cutting) as to:
        hook(desk, to, ack_within_s=1)
        count = wanted(app)
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) == count)
        assert in_order(to.posts)


def test_a_service_that_is_killed_while_it_sends_loses_no_event(
    desk: Desk, app: App, database_url: str, tmp_path: Path
) -> None:
    reached, killed = Event(), Event()

    def hanging_in_the_middle(_id: str, number: int) -> int:
        if number > wanted(app) // 2 and not killed.is_set():
            reached.set()
            killed.wait(60)
        return 204

    with receiver(hanging_in_the_middle) as to:
        hook(desk, to, ack_within_s=1)
        service = Service(
            tmp_path / "data",
            "--key-file",
            str(tmp_path / "keys"),
            "--database-url",
            database_url,
            "--webhook-networks",
            ",".join(LOOPBACK),
        )
        try:
            assert reached.wait(60), "no post came"
        finally:
            service.end(signal.SIGKILL)
            killed.set()
        with sending(app):
            to.wait_for(lambda posts: len(ids(posts)) == wanted(app))
        assert in_order(to.posts)


def test_a_dead_endpoint_gets_one_probe_at_a_time(desk: Desk, app: App) -> None:
    lock, running, together = Lock(), [0], list[int]()

    def fails(_id: str, _number: int) -> int:
        with lock:
            running[0] += 1
            together.append(running[0])
        overlap.wait(0.05)
        with lock:
            running[0] -= 1
        return 500

    overlap = Event()
    with receiver(fails) as to:
        hook(desk, to)
        with sending(app):
            to.wait_for(lambda posts: len(posts) >= len(MERCHANTS) + 3)
    assert max(together[: len(MERCHANTS)]) > 1, "before the circuit opens, streams are sent together"
    assert together[len(MERCHANTS) :] == [1] * (len(together) - len(MERCHANTS))


def test_a_secret_is_nowhere_in_clear(desk: Desk, app: App, database_url: str) -> None:
    with receiver() as to:
        secret = hook(desk, to)
        with sending(app):
            to.wait_for(lambda posts: len(posts) > 0)
    assert secret.removeprefix("whsec_") not in everything_in(database_url)


def cut_connections(url: str) -> None:
    """Ends every connection of the service to the database, as a restart of the server would."""
    with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'redledger'"
        )


def _wait_for_event(app: App, type: str) -> Any:
    listener = app.ledger.listener()
    try:
        for _ in range(30):
            rows = [row for row in app.ledger.reader.read(0, 0, 10_000) if row.type == type]
            if rows:
                return rows[0]
            listener.wait()
    finally:
        listener.close()
    raise AssertionError(f"{type} was not recorded")
