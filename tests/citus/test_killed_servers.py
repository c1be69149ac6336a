"""A server of the cluster is killed among appends: nothing that was acknowledged is missing, and nothing is doubled.

A backend is killed with SIGKILL. The postmaster then ends all others and recovers, as after a crash of the server.
"""

from __future__ import annotations

import os
import signal
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import URL

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log.rows import Status
from tests.kills.clients import Client
from tests.ledger.log.attempts import attempt
from tests.support.citus import Cluster
from tests.support.services import until

BOOKS = 17
CLIENTS = 4
_LOADED = 40  # answers of each client before and after the kill
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ROWS = "SELECT book, position, command_id FROM log.events ORDER BY 1, 2"


class Appending(Client):
    """A client of the log. It appends to one book after the other, and notes the place of each answer."""

    def __init__(self, name: str, ledger: Ledger) -> None:
        super().__init__(name, self._append)
        self._ledger = ledger
        self.places: dict[str, tuple[int, int]] = {}
        self.repeated = 0

    def _append(self, id: str) -> None:
        book = int(id.split("-")[1]) % BOOKS
        one = attempt(f"order/M-{book}/{id}", command_id=f"system:tests/{id}/M-{book}")
        (receipt,) = self._ledger.append(book, [one])
        assert receipt.status in (Status.RECORDED, Status.REPEATED)
        self.repeated += receipt.status is Status.REPEATED
        self.places[one.command_id] = (book, receipt.first)


def kill(server: URL) -> None:
    """Kills a backend of the server."""
    if server.host not in _LOOPBACK:
        pytest.skip(f"can only kill on this machine, and the server is on {server.host}")
    with closing(psycopg2.connect(server.render_as_string(hide_password=False))) as connection:
        os.kill(connection.get_backend_pid(), signal.SIGKILL)


@pytest.mark.parametrize("number", [0, 1, 2], ids=["coordinator", "worker-1", "worker-2"])
def test_nothing_acknowledged_is_missing_after_a_server_was_killed(
    cluster: Cluster, bare_database_url: str, tmp_path: Path, number: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with Ledger.open(bare_database_url, keys=FileKeyStore(tmp_path / "keys"), books=BOOKS) as ledger:
        clients = [Appending(f"c{n}", ledger) for n in range(CLIENTS)]
        for client in clients:
            client.start()
        until(lambda: all(len(client.answered) >= _LOADED for client in clients), what="answers before the kill")
        kill(cluster.servers[number])
        until(lambda: all(len(client.answered) >= 2 * _LOADED for client in clients), what="answers after the kill")
        for client in clients:
            client.stop()
        rows = list(ledger.reader.select(_ROWS))
    places = {id: place for client in clients for id, place in client.places.items()}
    repeated = sum(client.repeated for client in clients)
    assert {id: (book, position) for book, position, id in rows if id in places} == places
    positions: dict[int, list[int]] = {}
    for book, position, _ in rows:
        positions.setdefault(book, []).append(position)
    assert all(each == list(range(1, len(each) + 1)) for each in positions.values())
    assert len({id for _, _, id in rows}) == len(rows)
    with capfd.disabled():
        print(f"server {number} killed: {len(places)} acknowledged, 0 missing, {repeated} answered when asked again")
