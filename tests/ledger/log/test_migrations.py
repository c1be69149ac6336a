"""Making a database ready: once, again, by several processes at once, and one that is not there."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from ledger.log import migrations
from ledger.log.books import found
from ledger.log.database_errors import DatabaseUnreachable
from ledger.log.migrations import newest_revision, upgrade
from service.embedded import EmbeddedPostgres
from tests.ledger.log.attempts import attempt, owner
from tests.support.programs import FORKS
from tests.support.services import is_alive, until


@pytest.fixture
def empty_database_url(postgres: EmbeddedPostgres, request: pytest.FixtureRequest) -> str:
    """A database with nothing in it."""
    return postgres.url(f"empty_{abs(hash(request.node.nodeid)) % 10**9}")


def newest() -> list[tuple[str]]:
    script = Config()
    script.set_main_option("script_location", str(Path(migrations.__file__).parent))
    return [(ScriptDirectory.from_config(script).get_current_head() or "",)]


def version(url: str) -> list[tuple[str]]:
    with owner(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT version_num FROM log.alembic_version")
        return cursor.fetchall()


def test_an_empty_database_is_brought_to_the_newest_revision(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    assert version(empty_database_url) == newest() == [(newest_revision(),)]


def test_doing_it_again_changes_nothing(empty_database_url: str) -> None:
    upgrade(empty_database_url)
    found(empty_database_url, books=3)
    upgrade(empty_database_url)
    assert version(empty_database_url) == newest()


def test_several_processes_may_do_it_at_once(empty_database_url: str) -> None:
    with ProcessPoolExecutor(4, mp_context=FORKS) as pool:
        for done in [pool.submit(upgrade, empty_database_url) for _ in range(4)]:
            done.result(timeout=60)
    assert version(empty_database_url) == newest()


def test_several_databases_of_one_server_share_the_role(postgres: EmbeddedPostgres) -> None:
    upgrade(postgres.url("sharing_1"))
    upgrade(postgres.url("sharing_2"))
    assert version(postgres.url("sharing_2")) == newest()


def test_a_login_that_is_no_superuser_can_found_a_ledger_and_use_it(postgres: EmbeddedPostgres, tmp_path: Path) -> None:
    with owner(postgres.url("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE plain LOGIN CREATEDB CREATEROLE")
        cursor.execute("CREATE DATABASE plains OWNER plain")
        cursor.execute("GRANT redledger_app TO plain")
    url = postgres.url("plains").replace("redledger@", "plain@")
    with Ledger.open(url, keys=FileKeyStore(tmp_path / "keys")) as ledger:
        assert len(ledger.reader.heads()) == 17


def test_a_login_that_may_only_append_opens_a_ledger_that_is_there(
    postgres: EmbeddedPostgres, empty_database_url: str, tmp_path: Path
) -> None:
    upgrade(empty_database_url)
    found(empty_database_url, books=17)
    with owner(postgres.url("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE ROLE clerk LOGIN IN ROLE redledger_app")
    url = empty_database_url.replace("redledger@", "clerk@")
    with Ledger.open(url, keys=FileKeyStore(tmp_path / "keys")) as ledger:
        assert ledger.append(1, [attempt()])[0].first == 1


def test_a_database_that_is_down_gets_one_clear_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"postgresql+psycopg2://someone:secret@127.0.0.1:{taken.getsockname()[1]}/ledger"
        with pytest.raises(DatabaseUnreachable) as reported:
            Ledger.open(url, keys=FileKeyStore(tmp_path / "keys"))
    sentence = str(reported.value)
    assert sentence.startswith("The database postgresql+psycopg2://someone:***@127.0.0.1")
    assert "\n" not in sentence
    assert "secret" not in sentence


def test_a_server_that_goes_away_gets_one_clear_sentence_from_the_append_as_well(
    durable_postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    url = durable_postgres.url("ledger")
    with Ledger.open(url, keys=FileKeyStore(tmp_path / "keys")) as ledger:
        ledger.append(1, [attempt()])
        ledger.engine.dispose()
        os.kill(pid := durable_postgres.pid, signal.SIGQUIT)
        until(lambda: not is_alive(pid), what="the server to end")  # before, it says that it is shutting down
        with pytest.raises(DatabaseUnreachable, match="cannot be reached"):
            ledger.append(1, [attempt("b/1")])
