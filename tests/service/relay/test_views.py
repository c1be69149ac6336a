"""The relay of views: each stream is a copy of the rows, whatever happens to relay or view in between."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from projections.registry import PROJECTIONS
from service.app import App
from service.failures import ServiceFailure
from service.feeds.feed import End, Growth
from service.feeds.view_feed import RowFilter, ViewFeed
from service.relay.connection import Servers, connected
from service.relay.failures import Overtaken, StreamRefused
from service.relay.flight import Flight
from service.relay.messages import Batch
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.set_relay import views_of
from service.relay.stream import Keeping
from service.relay.view_copy import ViewCopy
from service.settings import Settings
from service.views.follower import following
from tests.benchmarks.ledgers import attempt
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.nats_servers import NatsServer, ask, last_sequence, messages, nats_cluster
from tests.support.sales import merchant_ready, released
from tests.support.services import Running, until
from tests.support.shops import app_of

NAMES, VIEW = Names("redledger"), "merchant_balances"
ONE_COPY, THREE_COPIES = Keeping(days=1), Keeping(3)
Row = dict[str, Any]


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        yield desk


@pytest.fixture
def app(desk: Desk) -> App:
    return app_of(desk)


class Renewed(ViewFeed):
    """The feed of the view after its version has changed."""

    def end(self) -> End:
        end = super().end()
        return End(end.heads, end.key.replace("@", "@9"))

    def growth(self, book: int, after: int, upto: int) -> Growth:
        found = super().growth(book, after, upto)
        return Growth(found.recent, found.reached, found.key.replace("@", "@9"))


def relay_once(app: App, broker: NatsServer, *, kind: type[ViewFeed] = ViewFeed, keeping: Keeping = ONE_COPY) -> int:
    feed = kind(app, PROJECTIONS[VIEW])
    app.catch_up([feed.projection])
    return relay(app.ledger, Servers((broker.address,)), names=NAMES, keeping=keeping, views=[feed], once=True)


def rows_of(app: App, book: int) -> list[Row]:
    """The rows of the book, as the feed has them over HTTP."""
    feed = ViewFeed(app, PROJECTIONS[VIEW])
    page = feed.page({}, RowFilter(books=frozenset((book,))), limit=10_000)
    assert page.is_last
    return [json.loads(frame.text) for frame in page.frames]


def copied(broker: NatsServer, book: int) -> list[Row]:
    return copied_at([broker], book)


def copied_at(servers: Sequence[NatsServer], book: int) -> list[Row]:
    """The rows after the last beginning of a copy."""
    rows = list[Row]()
    for message in messages(servers, NAMES.view_stream(VIEW, book)):
        row = json.loads(message.body)
        rows = [] if row["type"] == f"view.{VIEW}.copy_begun" else [*rows, row]
    return rows


def in_place(rows: list[Row]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def busy_book(app: App) -> int:
    """The book of the merchant."""
    return next(book for book in app.ledger.reader.heads() if rows_of(app, book))


def on_copy(
    app: App,
    broker: NatsServer,
    book: int,
    act: Callable[[ViewCopy, Any], Awaitable[None]],
    keeping: Keeping = ONE_COPY,
) -> None:
    """Acts on the stream as a relay does."""

    async def acting() -> None:
        async with connected(Servers((broker.address,))) as connection:
            feed = ViewFeed(app, PROJECTIONS[VIEW])
            copy = ViewCopy(connection.client, app.ledger, feed, book, names=NAMES, keeping=keeping)
            await act(copy, connection.client)

    asyncio.run(acting())


def test_a_stream_has_the_rows_of_the_view_each_with_its_last_values(broker: NatsServer, desk: Desk, app: App) -> None:
    relay_once(app, broker)
    book = busy_book(app)
    assert in_place(copied(broker, book)) == in_place(rows_of(app, book))
    released(desk, "O-2")
    relay_once(app, broker)
    assert in_place(copied(broker, book)) == in_place(rows_of(app, book))
    positions = [int(row["sequence"]) for row in copied(broker, book)]
    assert positions == sorted(positions)


def test_a_second_pass_publishes_no_row_again(broker: NatsServer, app: App) -> None:
    relay_once(app, broker)
    assert relay_once(app, broker) == 0


def test_the_subject_of_a_row_names_merchant_view_table_and_key(broker: NatsServer, app: App) -> None:
    relay_once(app, broker)
    book = busy_book(app)
    begun, *rows = messages([broker], NAMES.view_stream(VIEW, book))
    assert begun.subject == f"redledger.views.{book}.-.{VIEW}.copy_begun"
    found = {(json.loads(row.body)["data"]["merchant"], row.subject.rpartition(".")[0]) for row in rows}
    tables = {f"{VIEW}.{table}" for table in ("account_balances", "account_days", "journal_lines")}
    assert {subject for merchant, subject in found if merchant} == {f"redledger.views.{book}.M-1.{t}" for t in tables}
    assert {subject for merchant, subject in found if not merchant} == {f"redledger.views.{book}.-.{t}" for t in tables}


def test_a_relay_that_dies_within_a_batch_leaves_nothing_of_it(broker: NatsServer, app: App) -> None:
    app.catch_up([PROJECTIONS[VIEW]])
    book = busy_book(app)

    async def die(copy: ViewCopy, client: Any) -> None:
        async with Flight.after(await copy.resume(), client, copy.stream) as flight:
            for message in [*await copy.following(), *(await copy.following())[:-1]]:
                await flight.send(message)

    on_copy(app, broker, book, die)
    assert copied(broker, book) == []
    relay_once(app, broker)
    assert in_place(copied(broker, book)) == in_place(rows_of(app, book))


def test_a_relay_that_dies_between_the_rows_of_an_event_loses_none(broker: NatsServer, app: App) -> None:
    app.catch_up([PROJECTIONS[VIEW]])
    book = busy_book(app)
    rows = rows_of(app, book)
    first = next(n for n in range(1, len(rows)) if rows[n]["sequence"] == rows[n - 1]["sequence"])

    async def die(copy: ViewCopy, client: Any) -> None:
        async with Flight.after(await copy.resume(), client, copy.stream) as flight:
            for message in [*await copy.following(), *(await copy.following())[:first]]:
                await flight.send(replace(message, batch=None))  # as if a batch ended here
            await flight.land()

    on_copy(app, broker, book, die)
    relay_once(app, broker)
    assert in_place(copied(broker, book)) == in_place(rows_of(app, book))


async def meet_a_rival(desk: Desk, app: App, late: ViewCopy, client: Any) -> None:
    """Sends rows behind the sequence that is now a rival's, who has stored one other row there."""
    last = await late.resume()
    released(desk, "O-2")
    app.catch_up([PROJECTIONS[VIEW]])
    first, *_ = await late.following()
    await late.resume()
    released(desk, "O-3")
    app.catch_up([PROJECTIONS[VIEW]])
    other, *more = await late.following()
    assert first.subject != other.subject, "the first row has changed again in between"
    async with Flight.after(last, client, late.stream) as flight:
        await flight.send(replace(first, batch=Batch("of-the-rival", 1, is_last=True)))
        await flight.land()
    async with Flight.after(last, client, late.stream) as flight:
        for message in (other, *more):
            await flight.send(message)
        await flight.land()


def test_nothing_follows_the_rows_of_a_rival_that_a_relay_has_not_seen(
    broker: NatsServer, desk: Desk, app: App
) -> None:
    relay_once(app, broker)
    with pytest.raises(Overtaken):
        on_copy(app, broker, busy_book(app), partial(meet_a_rival, desk, app))
    relay_once(app, broker)
    assert in_place(copied(broker, busy_book(app))) == in_place(rows_of(app, busy_book(app)))


def test_a_view_with_another_version_is_announced_and_copied_again(broker: NatsServer, app: App) -> None:
    relay_once(app, broker)
    book = busy_book(app)
    relay_once(app, broker, kind=Renewed)
    begun = [m for m in messages([broker], NAMES.view_stream(VIEW, book)) if m.subject.endswith(".copy_begun")]
    assert [json.loads(each.body)["data"]["view"].split("@")[1][0] for each in begun] == ["9"]
    assert in_place(copied(broker, book)) == in_place(rows_of(app, book))


def test_rows_of_another_program_are_refused(broker: NatsServer, app: App) -> None:
    relay_once(app, broker)
    ask([broker], lambda jetstream: jetstream.publish(f"redledger.views.0.-.{VIEW}.lies.1", b"{}"))
    with pytest.raises(StreamRefused, match=f"redledger-views-{VIEW}-0 has a message of another program"):
        relay_once(app, broker)


def test_a_running_relay_follows_a_view(broker: NatsServer, desk: Desk, app: App, tmp_path: Path) -> None:
    url = app.ledger.engine.url.render_as_string(hide_password=False)
    more = ("--to", broker.address, "--views", VIEW, "--database-url", url)
    book = app.views.directory.known_book_of("M-1")
    assert book is not None
    running = Running("relay", *more, folder=tmp_path / "data")
    try:
        with following(app.ledger):
            until(lambda: last_sequence([broker], NAMES.view_stream(VIEW, book)) > 1, what="the first rows")
            released(desk, "O-2")
            app.views.wait_for(PROJECTIONS[VIEW], app.ledger.reader.heads())
            until(lambda: in_place(copied(broker, book)) == in_place(rows_of(app, book)), what="the new rows")
        assert running.end(signal.SIGTERM) == 0, running.err
    finally:
        running.end(signal.SIGKILL)


@pytest.mark.slow
def test_a_cluster_that_loses_its_leader_under_rival_relays_loses_no_row(desk: Desk, app: App, tmp_path: Path) -> None:
    book = app.views.directory.known_book_of("M-1")
    assert book is not None
    stream, url = NAMES.view_stream(VIEW, book), app.ledger.engine.url.render_as_string(hide_password=False)

    def grow(events: int) -> None:
        app.ledger.append(book, [attempt() for _ in range(events)])
        app.catch_up([PROJECTIONS[VIEW]])

    with nats_cluster(tmp_path) as servers:
        relay_once(app, servers[0], keeping=THREE_COPIES)
        with pytest.raises(Overtaken):
            on_copy(app, servers[0], book, partial(meet_a_rival, desk, app), THREE_COPIES)
        to = ("--to", ",".join(server.address for server in servers), "--replicas", "3", "--views", VIEW)
        rivals = [Running("relay", *to, "--database-url", url, folder=tmp_path / f"data-{n}") for n in range(2)]
        try:
            grow(500)
            until(lambda: last_sequence(servers, stream) > 100, what="the first rows")
            leader = ask(servers, lambda jetstream: jetstream.stream_info(stream)).cluster.leader  # type: ignore
            next(server for server in servers if server.name == leader).kill()
            grow(100)
            alive = [server for server in servers if server.process]
            rows = in_place(rows_of(app, book))
            until(lambda: in_place(copied_at(alive, book)) == rows, what="a new leader to have every row")
        finally:
            for rival in rivals:
                rival.end(signal.SIGKILL)


def test_a_view_that_does_not_exist_is_refused_by_its_flag() -> None:
    with pytest.raises(ServiceFailure, match="--views: there is no view 'balances'"):
        views_of(Settings(relay_views="payouts,balances"))
