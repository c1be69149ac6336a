"""Losses at the broker: a message that is lost on the way is fetched again, and one that is gone is never left out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import aclosing, closing
from itertools import islice

import pytest
from nats.js import JetStreamContext
from nats.js.api import StreamConfig

from ledger.ledger import Ledger
from redledger import broker as client
from redledger.broker import AsyncBroker, Broker
from redledger.items import Event, Refused
from service.relay.connection import Servers
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.stream import Keeping
from tests.benchmarks.ledgers import attempt
from tests.support.lossy_nats import losing
from tests.support.nats_servers import NatsServer, ask

NAMES, STREAM = Names("redledger"), "redledger-events-1"
EVENTS = 30


def relayed(ledger: Ledger, broker: NatsServer, events: int = EVENTS) -> None:
    ledger.append(1, [attempt() for _ in range(events)])
    relay(ledger, Servers((broker.address,)), names=NAMES, keeping=Keeping(), once=True)


def positions(events: Sequence[Event]) -> list[int]:
    return [event.position for event in events]


def read_through_losses(broker: NatsServer, lost: Sequence[int]) -> list[int]:
    """Reads all events while each of these is lost once on its way."""
    left = set(lost)

    def is_lost(stream: str, sequence: int) -> bool:
        is_first = stream == STREAM and sequence in left
        left.discard(sequence)
        return is_first

    async def read() -> list[Event]:
        async with losing(broker, is_lost) as address, aclosing(AsyncBroker(address).events()) as events:
            return [await anext(events) for _ in range(EVENTS)]

    found = positions(asyncio.run(read()))
    assert not left, "every loss has happened"
    return found


@pytest.mark.parametrize("lost", [[1], [3], [3, 4, 20]])
def test_a_message_that_is_lost_on_the_way_is_fetched_again(
    broker: NatsServer, ledger: Ledger, lost: list[int]
) -> None:
    relayed(ledger, broker)
    assert read_through_losses(broker, lost) == list(range(1, EVENTS + 1))


def test_the_last_message_is_fetched_again_too_though_none_comes_after_it(
    broker: NatsServer, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_HEARTBEAT_S", 1)
    relayed(ledger, broker)
    assert read_through_losses(broker, [EVENTS]) == list(range(1, EVENTS + 1))


def test_an_event_that_the_stream_lacks_is_not_left_out(broker: NatsServer, ledger: Ledger) -> None:
    relayed(ledger, broker)
    ask([broker], lambda jetstream: jetstream.delete_msg(STREAM, 7))
    with closing(Broker(broker.address).events()) as events:
        assert positions(list(islice(events, 6))) == [1, 2, 3, 4, 5, 6]
        with pytest.raises(Refused, match="Stream redledger-events-1 lacks positions 7 to 7") as refused:
            next(events)
    assert refused.value.code == "EVENTS_MISSING"


def test_a_reader_goes_on_when_the_stream_is_filled_again(broker: NatsServer, ledger: Ledger) -> None:
    relayed(ledger, broker)
    ask([broker], lambda jetstream: jetstream.delete_msg(STREAM, 7))
    with closing(Broker(broker.address).events()) as events:
        place = list(islice(events, 6))[-1].place
    ask([broker], lambda jetstream: jetstream.delete_stream(STREAM))
    relayed(ledger, broker, 0)
    with closing(Broker(broker.address).events(after=place)) as events:
        assert positions(list(islice(events, EVENTS - 6))) == list(range(7, EVENTS + 1))


async def keep_last(jetstream: JetStreamContext, messages: int) -> None:
    config = (await jetstream.stream_info(STREAM)).config
    await jetstream.update_stream(StreamConfig(**{**vars(config), "max_msgs": messages}))


def test_a_reader_that_was_away_for_longer_than_the_broker_keeps_events_is_refused(
    broker: NatsServer, ledger: Ledger
) -> None:
    relayed(ledger, broker)
    with closing(Broker(broker.address).events()) as events:
        place = next(events).place
    ask([broker], lambda jetstream: keep_last(jetstream, 10))
    with closing(Broker(broker.address).events(after=place)) as events, pytest.raises(Refused, match="2 to 20"):
        next(events)


def test_a_reader_without_a_place_begins_with_the_oldest_event_that_the_broker_keeps(
    broker: NatsServer, ledger: Ledger
) -> None:
    relayed(ledger, broker)
    ask([broker], lambda jetstream: keep_last(jetstream, 10))
    with closing(Broker(broker.address).events()) as events:
        assert positions(list(islice(events, 10))) == list(range(21, 31))


def test_a_reader_of_some_types_is_not_held_up_by_positions_of_others(broker: NatsServer, ledger: Ledger) -> None:
    for type in ("parcel.dispatched", "payment.captured", "parcel.dispatched"):
        plain = attempt()
        ledger.append(1, [plain._replace(events=tuple(event._replace(type=type) for event in plain.events))])
    relayed(ledger, broker, 0)
    with closing(Broker(broker.address).events(types="parcel.*")) as events:
        assert positions(list(islice(events, 2))) == [1, 3]


@pytest.mark.parametrize("place", ["lies", "L/1 1:2:3", "L/1 1", "L/1 ²:1", "L/1 -1:2"])
def test_a_place_that_was_tampered_with_is_refused(broker: NatsServer, ledger: Ledger, place: str) -> None:
    relayed(ledger, broker, 1)
    with pytest.raises(Refused) as refused, closing(Broker(broker.address).events(after=place)) as events:
        next(events)
    assert refused.value.code == "POSITION_UNUSABLE"
