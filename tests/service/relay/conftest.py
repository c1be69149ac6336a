"""A broker and a ledger for the tests of the relay."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from tests.support.nats_servers import NatsServer, nats_server
from tests.support.postgres import memory_folder, open_folder


@pytest.fixture
def broker() -> Iterator[NatsServer]:
    """A server of this test's own, without streams."""
    with open_folder(memory_folder()) as folder, nats_server(folder) as server:
        yield server


@pytest.fixture
def ledger(fresh_database_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger with three books."""
    with Ledger.open(fresh_database_url, keys=FileKeyStore(tmp_path / "keys"), books=3) as ledger:
        yield ledger
