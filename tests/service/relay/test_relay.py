"""The relay: each stream is its book, whatever happens to relay or broker; a stream that is not is refused."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest

from ledger.canonical import canonical
from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.rows import Attempt
from service.feeds.cloud_events import cloud_event
from service.relay.book_copy import BookCopy
from service.relay.connection import BrokerLost, Servers, connected
from service.relay.copy_relay import CopyRelay
from service.relay.failures import BrokerUnavailable, Overtaken, StreamRefused
from service.relay.flight import Flight
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.status import Status
from service.relay.stream import Keeping
from tests.benchmarks.ledgers import attempt
from tests.ledger.log.attempts import owner
from tests.support.nats_servers import Message, NatsServer, ask, last_sequence, messages, nats_cluster, nats_server
from tests.support.services import PATIENCE_S, Running, until

NAMES = Names("redledger")


def record(ledger: Ledger, book: int, events: int) -> None:
    """Records events in a book, at most 500 in one append."""
    for begun in range(0, events, 500):
        ledger.append(book, [attempt() for _ in range(min(500, events - begun))])


def relay_once(ledger: Ledger, *servers: NatsServer, replicas: int = 1) -> int:
    return relay(ledger, at(*servers), names=NAMES, keeping=Keeping(replicas), once=True)


def at(*servers: NatsServer) -> Servers:
    return Servers(tuple(server.address for server in servers))


@contextmanager
def relaying(ledger: Ledger, *servers: NatsServer, folder: Path) -> Iterator[Running]:
    """A relay as a process of its own, which follows the log until the end of the block."""
    url = ledger.engine.url.render_as_string(hide_password=False)
    addresses = ",".join(server.address for server in servers)
    replicas = "3" if len(servers) > 1 else "1"
    running = Running("relay", "--to", addresses, "--replicas", replicas, "--database-url", url, folder=folder / "data")
    try:
        yield running
    except BaseException as failure:
        failure.add_note(f"the relay said: {running.err}")
        raise
    finally:
        running.end(signal.SIGKILL)


def copied(servers: Sequence[NatsServer], ledger: Ledger, book: int) -> bool:
    """True if the stream has as many events as the book."""
    return last_sequence(servers, NAMES.stream(book)) == ledger.reader.heads()[book]


def expect_copy(servers: Sequence[NatsServer], ledger: Ledger, book: int) -> None:
    """The stream is the book: every sequence a position, none missing, none twice, each event as the feed has it."""
    rows = ledger.reader.read(book, 0, 100_000)
    expected = [
        Message(row.position, NAMES.subject(row), row.event_id, cloud_event(ledger.identity.ledger_id, row))
        for row in rows
    ]
    assert messages(servers, NAMES.stream(book)) == expected


def test_the_sequence_of_each_event_is_its_position(broker: NatsServer, ledger: Ledger) -> None:
    record(ledger, 0, 3)
    record(ledger, 1, 1_200)
    assert relay_once(ledger, broker) == 1_203
    for book in (0, 1):
        expect_copy([broker], ledger, book)


def test_an_empty_book_has_a_stream_too(broker: NatsServer, ledger: Ledger) -> None:
    relay_once(ledger, broker)
    assert messages([broker], NAMES.stream(2)) == []


def test_a_second_pass_publishes_only_what_is_new(broker: NatsServer, ledger: Ledger) -> None:
    record(ledger, 1, 20)
    relay_once(ledger, broker)
    record(ledger, 1, 5)
    assert relay_once(ledger, broker) == 5
    expect_copy([broker], ledger, 1)


def test_rivals_leave_each_event_once(broker: NatsServer, ledger: Ledger) -> None:
    record(ledger, 1, 1_500)
    with ThreadPoolExecutor(3) as rivals:
        shares = [rivals.submit(relay_once, ledger, broker) for _ in range(3)]
        assert sum(share.result() for share in shares) <= 1_500
    expect_copy([broker], ledger, 1)


def test_a_stream_takes_an_event_at_its_position_alone(broker: NatsServer, ledger: Ledger) -> None:
    relay_once(ledger, broker)
    record(ledger, 1, 2)
    (second,) = ledger.reader.read(1, 1, 1)

    async def publish() -> None:
        async with connected(at(broker)) as connection:
            client = connection.client
            copy = BookCopy(client, ledger, 1, names=NAMES, keeping=Keeping())
            async with Flight.after(1, client, copy.stream) as flight:
                await flight.send(copy.message(second))
                await flight.land()

    with pytest.raises(Overtaken):
        asyncio.run(publish())
    assert last_sequence([broker], NAMES.stream(1)) == 0


def test_a_rival_that_is_too_late_waits_for_no_answer(
    broker: NatsServer, ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    record(ledger, 1, 1_000)
    with ThreadPoolExecutor(2) as rivals:
        list(rivals.map(lambda _: relay_once(ledger, broker), range(2)))
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


def test_a_killed_relay_is_continued_by_the_next_one(broker: NatsServer, ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, 1, 2_000)
    with relaying(ledger, broker, folder=tmp_path) as first:
        until(lambda: last_sequence([broker], NAMES.stream(1)) > 100, what="the relay to begin")
        first.end(signal.SIGKILL)
        relay_once(ledger, broker)
        expect_copy([broker], ledger, 1)


def test_a_relay_waits_for_a_broker_that_is_killed(broker: NatsServer, ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, 1, 10)
    with relaying(ledger, broker, folder=tmp_path) as running:
        until(lambda: copied([broker], ledger, 1), what="the first events")
        broker.kill()
        record(ledger, 1, 10)
        until(lambda: "The relay waits" in running.err, what="the relay to say that it waits")
        broker.start()
        until(lambda: copied([broker], ledger, 1), what="the events of the meantime")
        until(lambda: "The relay goes on." in running.err, what="the relay to say that it goes on")
        expect_copy([broker], ledger, 1)
        assert running.end(signal.SIGTERM) == 0, running.err


def test_a_broker_that_lost_its_disk_is_filled_again(broker: NatsServer, ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, 1, 300)
    with relaying(ledger, broker, folder=tmp_path) as running:
        until(lambda: copied([broker], ledger, 1), what="the first events")
        broker.kill()
        broker.lose_store()
        broker.start()
        until(lambda: copied([broker], ledger, 1), what="the stream to be filled again")
        running.end(signal.SIGTERM)
        expect_copy([broker], ledger, 1)


def test_a_stream_that_was_removed_under_a_relay_is_filled_again(
    broker: NatsServer, ledger: Ledger, tmp_path: Path
) -> None:
    record(ledger, 1, 300)
    with relaying(ledger, broker, folder=tmp_path) as running:
        until(lambda: copied([broker], ledger, 1), what="the first events")
        ask([broker], lambda jetstream: jetstream.delete_stream(NAMES.stream(1)))
        record(ledger, 1, 1)
        until(lambda: copied([broker], ledger, 1), what="the stream to be filled again")
        running.end(signal.SIGTERM)
        expect_copy([broker], ledger, 1)


def test_a_stream_of_another_ledger_is_refused(
    broker: NatsServer, ledger: Ledger, database_url: str, tmp_path: Path
) -> None:
    with Ledger.open(database_url, keys=FileKeyStore(tmp_path / "other"), books=3) as other:
        relay_once(other, broker)
        with pytest.raises(StreamRefused, match=f"of ledger {other.identity.ledger_id}, .*--prefix"):
            relay_once(ledger, broker)


def test_a_stream_of_before_a_restore_is_refused(broker: NatsServer, ledger: Ledger) -> None:
    relay_once(ledger, broker)
    refused = pytest.raises(StreamRefused, match=r"epoch \d, but this is epoch \d.*nats stream rm redledger-events-")
    with restored(ledger) as again, refused:
        relay_once(again, broker)


def test_a_relay_ends_when_the_ledger_is_restored_under_it(broker: NatsServer, ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, 1, 1)
    with relaying(ledger, broker, folder=tmp_path) as running:
        until(lambda: copied([broker], ledger, 1), what="the first event")
        with restored(ledger) as again:
            record(again, 1, 1)
        assert running.wait() == 1
        assert "The ledger was restored" in running.err
        assert last_sequence([broker], NAMES.stream(1)) == 1


def test_a_stream_with_a_message_of_another_program_is_refused(broker: NatsServer, ledger: Ledger) -> None:
    relay_once(ledger, broker)
    ask([broker], lambda jetstream: jetstream.publish("redledger.events.1.-.a.lie", b"{}"))
    with pytest.raises(StreamRefused, match="has 1 events, and book 1 has fewer"):
        relay_once(ledger, broker)
    record(ledger, 1, 2)
    with pytest.raises(StreamRefused, match="a message without an id at sequence 1"):
        relay_once(ledger, broker)


def test_a_stream_with_a_hole_is_named(broker: NatsServer, ledger: Ledger, caplog: pytest.LogCaptureFixture) -> None:
    record(ledger, 1, 3)
    relay_once(ledger, broker)
    ask([broker], lambda jetstream: jetstream.delete_msg(NAMES.stream(1), 2))
    relay_once(ledger, broker)
    assert "redledger-events-1 lacks 1 events in its middle" in caplog.text


def test_an_event_that_the_broker_does_not_take_stops_its_book_alone(ledger: Ledger, tmp_path: Path) -> None:
    ledger.append(1, [with_text(attempt(), "x" * 5_000)])
    record(ledger, 2, 1)
    with nats_server(tmp_path, more="max_payload: 4KB") as broker:
        too_large = pytest.raises(BrokerUnavailable, match="raise max_payload")
        with too_large:
            relay(ledger, at(broker), names=NAMES, keeping=Keeping(), once=True, patience_s=0.5)
        expect_copy([broker], ledger, 2)


def with_text(attempt: Attempt, text: str) -> Attempt:
    events = tuple(event._replace(payload=canonical({"text": text})) for event in attempt.events)
    return attempt._replace(events=events)


def test_one_pass_without_a_broker_says_so(broker: NatsServer, ledger: Ledger) -> None:
    broker.kill()
    with pytest.raises(BrokerUnavailable, match=f"127.0.0.1:{broker.port}"):
        relay(ledger, at(broker), names=NAMES, keeping=Keeping(), once=True, patience_s=0.5)


def test_a_broker_that_hangs_up_is_not_called_without_a_pause(ledger: Ledger) -> None:
    calls: list[object] = []

    def hang_up(server: socket.socket) -> None:
        with suppress(OSError):  # the test ends it
            while True:
                client, address = server.accept()
                calls.append(address)
                client.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        hanging_up = Thread(target=hang_up, args=(server,))
        hanging_up.start()
        servers = Servers((f"nats://127.0.0.1:{server.getsockname()[1]}",))
        with pytest.raises(BrokerUnavailable):
            relay(ledger, servers, names=NAMES, keeping=Keeping(), once=True, patience_s=1.5)
        server.shutdown(socket.SHUT_RDWR)
        hanging_up.join()
    assert 1 < len(calls) < 10


def test_a_copy_ends_with_its_connection_though_no_signal_comes(broker: NatsServer, ledger: Ledger) -> None:
    async def relay_beyond_the_connection() -> None:
        async with connected(at(broker)) as connection:
            client = connection.client
            copy = BookCopy(client, ledger, 1, names=NAMES, keeping=Keeping())
            await client.close()
            async with asyncio.timeout(PATIENCE_S):
                await CopyRelay(client, copy, Status(None), head=0).run(None)

    with pytest.raises(BrokerLost):
        asyncio.run(relay_beyond_the_connection())


def restored(ledger: Ledger) -> Ledger:
    """The ledger as it is opened after a restore."""
    with owner(ledger.engine.url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT log.raise_epoch()")
    return Ledger.open(ledger.engine.url.render_as_string(hide_password=False), keys=ledger.keys)


@pytest.mark.slow
def test_a_cluster_that_loses_its_leader_loses_no_event(ledger: Ledger, tmp_path: Path) -> None:
    record(ledger, 1, 2_000)
    with nats_cluster(tmp_path) as servers, relaying(ledger, *servers, folder=tmp_path) as running:
        until(lambda: last_sequence(servers, NAMES.stream(1)) > 100, what="the relay to begin")
        leader = ask(servers, lambda jetstream: jetstream.stream_info(NAMES.stream(1))).cluster.leader  # type: ignore
        next(server for server in servers if server.name == leader).kill()
        record(ledger, 1, 500)
        alive = [server for server in servers if server.process]
        until(lambda: copied(alive, ledger, 1), what="a new leader to have every event")
        running.end(signal.SIGTERM)
        expect_copy(alive, ledger, 1)
