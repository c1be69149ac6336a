"""Readers of the broker: the permissions of docs/broker.md, and the broker of docker-compose.yml."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest
from nats.errors import TimeoutError as NoAnswer
from nats.js import JetStreamContext

from ledger.ledger import Ledger
from redledger.broker import Broker
from service.relay.connection import Servers
from service.relay.names import Names
from service.relay.relay import relay
from service.relay.stream import Keeping
from tests.benchmarks.ledgers import attempt
from tests.house.sources import REPOSITORY
from tests.support.nats_servers import PROGRAM, NatsServer, ask, nats_server
from tests.support.postgres import memory_folder, open_folder

STREAM, PARCELS = "redledger-events-1", "redledger.events.1.*.parcel.>"


def documented(file: str, after: str) -> str:
    """Returns the first indented or fenced block of a file after these words."""
    text = (REPOSITORY / file).read_text(encoding="utf-8").partition(after)[2]
    found = re.search(r"```\w*\n(.*?)```|content: \|\n((?: {6}[^\n]*\n)+)", text, re.DOTALL)
    assert found
    return dedent(found[1] or found[2])


@pytest.fixture
def broker(ledger: Ledger) -> Iterator[NatsServer]:
    """A server with the users of the document, and the ledger's events: a parcel's and a payment's."""
    with (
        open_folder(memory_folder()) as folder,
        nats_server(folder, documented("docs/broker.md", "## Who may read")) as it,
    ):
        for type in ("parcel.dispatched", "payment.captured"):
            recorded = attempt()
            events = tuple(event._replace(type=type) for event in recorded.events)
            ledger.append(1, [recorded._replace(events=events)])
        address = it.address.replace("nats://", "nats://relay:relay-password@")
        relay(ledger, Servers((address,)), names=Names("redledger"), keeping=Keeping(), once=True)
        yield it


async def read(jetstream: JetStreamContext, subjects: str) -> list[str]:
    await jetstream.add_consumer(STREAM, name="warehouse", durable_name="warehouse", filter_subject=subjects)
    reader = await jetstream.pull_subscribe_bind("warehouse", STREAM)
    return [message.subject for message in await reader.fetch(10, timeout=1)]


def as_warehouse(broker: NatsServer, subjects: str) -> list[str]:
    return ask(
        [broker],
        lambda jetstream: read(jetstream, subjects),
        patience_s=2,
        user="warehouse",
        password="warehouse-password",
        inbox_prefix="_REPLY_warehouse",
    )


def test_a_user_reads_the_subjects_that_it_may(broker: NatsServer) -> None:
    assert as_warehouse(broker, PARCELS) == ["redledger.events.1.M-1.parcel.dispatched"]


@pytest.mark.parametrize("subjects", ["redledger.events.1.*.payment.>", "redledger.events.1.>"])
def test_a_user_reads_nothing_else(broker: NatsServer, subjects: str) -> None:
    with pytest.raises(NoAnswer):  # the server answers a forbidden request with an error to the connection alone
        as_warehouse(broker, subjects)


def test_the_client_reads_with_these_permissions(broker: NatsServer) -> None:
    login = {"user": "warehouse", "password": "warehouse-password", "inbox_prefix": "_REPLY_warehouse"}
    for _ in range(2):  # the second time, the consumer of the first one is still there
        with closing(Broker(broker.address, consumer="warehouse", **login).events(types="parcel.*")) as events:
            assert next(events).type == "parcel.dispatched"


def test_the_broker_of_docker_compose_has_a_valid_configuration(tmp_path: Path) -> None:
    file = tmp_path / "nats.conf"
    file.write_text(documented("docker-compose.yml", "\nconfigs:"))
    assert "sync_interval: always" in file.read_text()
    tested = subprocess.run([PROGRAM, "-t", "-c", file], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
