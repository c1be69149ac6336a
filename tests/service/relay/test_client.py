"""The client of the broker on a real server: each event once and each row as it is, wherever a reader breaks."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from contextlib import aclosing, closing
from functools import partial
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import pytest
from nats.js import JetStreamContext
from nats.js.api import Placement

from ledger.ledger import Ledger
from projections.registry import PROJECTIONS
from redledger import broker as client_of_broker
from redledger.broker import AsyncBroker, Broker
from redledger.broker_readings import Rows, Taken
from redledger.items import Event, Refused, Row, ViewChanged, row_of
from service.feeds.view_feed import RowFilter, ViewFeed
from service.relay.connection import Servers
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.stream import Keeping
from tests.benchmarks.ledgers import attempt
from tests.ledger.log.attempts import owner
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.nats_servers import NatsServer, ask, nats_cluster
from tests.support.postgres import memory_folder, open_folder
from tests.support.sales import merchant_ready, released
from tests.support.services import until
from tests.support.shops import app_of

NAMES, VIEW = Names("redledger"), "merchant_balances"
Place = tuple[int, int]


def record(ledger: Ledger, book: int, events: int) -> None:
    ledger.append(book, [attempt() for _ in range(events)])


def relay_once(ledger: Ledger, broker: NatsServer, *views: ViewFeed) -> None:
    relay(ledger, Servers((broker.address,)), names=NAMES, keeping=Keeping(), views=views, once=True)


@pytest.fixture
def relayed(broker: NatsServer, ledger: Ledger) -> Ledger:
    record(ledger, 0, 20)
    record(ledger, 1, 30)
    relay_once(ledger, broker)
    return ledger


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        yield desk


def taken(broker: NatsServer, most: int, after: str | None = None) -> list[Event]:
    with closing(Broker(broker.address).events(after=after)) as events:
        return list(islice(events, most))


def places(events: list[Event]) -> list[Place]:
    return [(event.book, event.position) for event in events]


def test_events_have_what_the_ledger_recorded(broker: NatsServer, relayed: Ledger) -> None:
    found = {(event.book, event.position): event for event in taken(broker, 50)}
    for book in (0, 1):
        for row in relayed.reader.read(book, 0, 100):
            event = found[book, row.position]
            assert (event.id, event.type, event.stream) == (row.event_id, row.type, row.stream)
            assert event.data["payload"] == event.payload


@pytest.mark.usefixtures("relayed")
def test_a_reader_that_dies_at_random_has_each_event_once_and_each_book_in_order(broker: NatsServer) -> None:
    seed = int(os.environ.get("REDLEDGER_TEST_SEED", Random().randrange(2**32)))
    random, found, place = Random(seed), list[Event](), None
    while len(found) < 50:
        found += taken(broker, min(random.randint(1, 15), 50 - len(found)), place)
        place = found[-1].place
    assert sorted(places(found)) == [(0, n) for n in range(1, 21)] + [(1, n) for n in range(1, 31)], f"seed {seed}"
    for book in (0, 1):
        positions = [position for of, position in places(found) if of == book]
        assert positions == sorted(positions), f"seed {seed}"


def test_a_broker_that_loses_its_disk_under_a_reader_brings_no_event_twice(broker: NatsServer, relayed: Ledger) -> None:
    with closing(Broker(broker.address).events()) as events:
        found = list(islice(events, 50))
        broker.kill()
        broker.lose_store()
        broker.start()
        record(relayed, 1, 2)
        relay_once(relayed, broker)
        found += islice(events, 2)
    assert places(found)[50:] == [(1, 31), (1, 32)]


def test_now_is_the_end_of_every_book(broker: NatsServer, relayed: Ledger) -> None:
    async def read() -> Event:
        events = AsyncBroker(broker.address).events(after="now")
        coming = asyncio.create_task(anext(events))
        while await asyncio.to_thread(consumers, broker) < 3:  # until the reader has begun in each book
            pass
        await asyncio.to_thread(record, relayed, 1, 1)
        await asyncio.to_thread(relay_once, relayed, broker)
        event: Event = await coming
        await events.aclose()
        return event

    assert asyncio.run(read()).position == 31


@pytest.fixture
def spread(ledger: Ledger) -> Iterator[list[NatsServer]]:
    """A cluster with the events of each book on another server, and nowhere else."""
    for book in range(3):
        record(ledger, book, 20)
    with open_folder(memory_folder()) as folder, nats_cluster(folder) as servers:
        relay(ledger, Servers(tuple(each.address for each in servers)), names=NAMES, keeping=Keeping(), once=True)
        for book, server in enumerate(servers):
            ask(servers, partial(move, book, server.name))
            until(lambda book=book, to=server.name: ask(servers, partial(leader, book)) == to, what="the move")  # type: ignore[misc]
        yield servers


async def move(book: int, server: str, jetstream: JetStreamContext) -> None:
    info = await jetstream.stream_info(NAMES.stream(book))
    await jetstream.update_stream(info.config.evolve(placement=Placement(cluster="tests", tags=[server])))


async def leader(book: int, jetstream: JetStreamContext) -> str | None:
    info = await jetstream.stream_info(NAMES.stream(book))
    assert info.cluster
    return info.cluster.leader if info.state.messages == 20 and not info.cluster.replicas else None


async def readers(book: int, jetstream: JetStreamContext) -> int:
    return (await jetstream.stream_info(NAMES.stream(book))).state.consumer_count


@pytest.mark.slow
def test_a_stream_that_loses_its_leader_holds_up_its_own_book_alone(
    spread: list[NatsServer], ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_of_broker, "_HEARTBEAT_S", 1)
    monkeypatch.setattr(client_of_broker, "_SILENCE_S", 2.0)
    lost, *alive = spread

    async def read() -> tuple[list[Place], list[int]]:
        events = AsyncBroker(*(server.address for server in alive)).events()
        for _ in range(60):
            await anext(events)
        await asyncio.to_thread(lost.kill)
        coming = asyncio.ensure_future(anext(events))
        await asyncio.wait([coming], timeout=18)  # it notices the silence, and asks for a consumer in vain
        consumers = [await asyncio.to_thread(ask, alive, partial(readers, book)) for book in (1, 2)]
        await asyncio.to_thread(lost.start)
        await asyncio.to_thread(record, ledger, 0, 2)
        everywhere = Servers(tuple(each.address for each in spread))
        await asyncio.to_thread(relay, ledger, everywhere, names=NAMES, keeping=Keeping(), once=True)
        found = [await coming, await anext(events)]
        await events.aclose()
        return places(found), consumers

    found, consumers = asyncio.run(read())
    assert found == [(0, 21), (0, 22)]
    assert consumers == [1, 1]  # of one connection: a further one would have made its own


@pytest.mark.slow
def test_now_waits_for_a_stream_without_a_leader(spread: list[NatsServer], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_of_broker, "_LOOK_AGAIN_S", 1.0)
    lost, *alive = spread
    lost.kill()

    async def read() -> list[Event]:
        events = AsyncBroker(*(server.address for server in alive)).events(after="now")
        coming = asyncio.ensure_future(anext(events))
        await asyncio.wait([coming], timeout=6)  # longer than the broker waits for a stream that does not answer
        await asyncio.to_thread(lost.start)
        done, _ = await asyncio.wait([coming], timeout=12)
        coming.cancel()
        await asyncio.wait([coming])
        await events.aclose()
        return [each.result() for each in done]

    assert asyncio.run(read()) == []


def consumers(broker: NatsServer) -> int:
    async def question(jetstream: JetStreamContext) -> int:
        return sum(info.state.consumer_count for info in await jetstream.streams_info())

    return ask([broker], question)


@pytest.mark.parametrize(
    ("asked", "types"),
    [
        ({"types": "payment.*"}, ["payment.captured", "payment.voided"]),
        ({"types": "payment.voided,parcel.dispatched"}, ["parcel.dispatched", "payment.voided"]),
        ({"merchant": "M-1", "book": 1}, ["parcel.dispatched", "payment.captured", "payment.voided"]),
    ],
)
def test_a_reader_gets_what_its_filter_names(
    broker: NatsServer, ledger: Ledger, asked: dict[str, Any], types: list[str]
) -> None:
    for type in ("parcel.dispatched", "payment.captured", "payment.voided"):
        plain = attempt()
        ledger.append(1, [plain._replace(events=tuple(event._replace(type=type) for event in plain.events))])
    relay_once(ledger, broker)
    with closing(Broker(broker.address).events(**asked)) as events:
        assert [event.type for event in islice(events, len(types))] == types


def test_a_place_from_before_a_restore_is_refused(broker: NatsServer, relayed: Ledger) -> None:
    place = taken(broker, 1)[0].place
    for book in range(3):
        ask([broker], lambda jetstream, book=book: jetstream.delete_stream(NAMES.stream(book)))  # type: ignore[misc]
    with owner(relayed.engine.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT log.raise_epoch()")
    url = relayed.engine.url.render_as_string(hide_password=False)
    with Ledger.open(url, keys=relayed.keys) as restored:
        relay_once(restored, broker)
    with pytest.raises(Refused) as refused:
        taken(broker, 1, place)
    assert refused.value.code == "POSITION_UNUSABLE"


def test_rows_are_those_of_the_view_and_go_on_at_their_place(broker: NatsServer, desk: Desk) -> None:
    feed = folded(desk)
    relay_once(desk.ledger, broker, feed)
    frames = feed.page({}, RowFilter(), limit=10_000).frames
    rows = copied(broker, len(frames))
    assert sorted(map(repr, rows)) == sorted(repr(row_of(json.loads(frame.text), "")) for frame in frames)
    released(desk, "O-2")
    feed = folded(desk)
    relay_once(desk.ledger, broker, feed)
    changed = feed.page({row.book: row.position for row in rows}, RowFilter(), limit=10_000).frames
    more = copied(broker, len(changed), rows[-1].place)
    assert sorted(map(repr, more)) == sorted(repr(row_of(json.loads(frame.text), "")) for frame in changed)


def test_a_copy_that_has_begun_again_is_refused(broker: NatsServer, desk: Desk) -> None:
    feed = folded(desk)
    relay_once(desk.ledger, broker, feed)
    place = copied(broker, 3)[-1].place
    for book in feed.end().heads:
        ask([broker], lambda jetstream, book=book: jetstream.delete_stream(NAMES.view_stream(VIEW, book)))  # type: ignore[misc]
    relay_once(desk.ledger, broker, feed)
    with pytest.raises(ViewChanged, match="Drop your copy"):
        copied(broker, 1_000, place)


def test_a_copy_that_has_begun_again_and_is_no_longer_than_the_place_is_refused(broker: NatsServer, desk: Desk) -> None:
    feed = folded(desk)
    relay_once(desk.ledger, broker, feed)
    place = copied(broker, len(feed.page({}, RowFilter(), limit=10_000).frames))[-1].place
    for book in feed.end().heads:
        ask([broker], lambda jetstream, book=book: jetstream.delete_stream(NAMES.view_stream(VIEW, book)))  # type: ignore[misc]
    relay_once(desk.ledger, broker, feed)

    async def read() -> None:
        async with asyncio.timeout(10), aclosing(AsyncBroker(broker.address).rows(VIEW, after=place)) as rows:
            await anext(rows)

    with pytest.raises(ViewChanged):
        asyncio.run(read())


def folded(desk: Desk) -> ViewFeed:
    """The feed of the view, with all events folded."""
    app = app_of(desk)
    app.catch_up([PROJECTIONS[VIEW]])
    return ViewFeed(app, PROJECTIONS[VIEW])


def copied(broker: NatsServer, most: int, after: str | None = None) -> list[Row]:
    with closing(Broker(broker.address).rows(VIEW, after=after)) as rows:
        return list(islice(rows, most))


def test_a_row_that_comes_again_at_its_sequence_is_handed_over_once() -> None:
    reading = Rows("redledger", VIEW, "*", "*", None)
    row = {"type": f"view.{VIEW}.account_balances", "book": 1, "sequence": "7", "subject": "M-1", "data": {}}
    taken = [reading.taken(Taken(1, at, {"RedLedger-Copy": "c-1"}, row)) for at in (2, 3, 2, 3, 4)]
    assert [each.place if each else None for each in taken] == ["1:c-1:2", "1:c-1:3", None, None, "1:c-1:4"]
