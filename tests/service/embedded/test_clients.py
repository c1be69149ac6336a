"""One server for all clients of a data folder, for as long as there is one."""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest

from service.embedded import EmbeddedPostgres
from service.embedded.account import Account
from service.embedded.locks import LockFile
from tests.service.embedded.clients import Client, lives, until
from tests.service.embedded.conftest import copy_of
from tests.support.postgres import QUICK


def ask(server: EmbeddedPostgres, statement: str) -> object:
    connection = psycopg2.connect(server.dsn("redledger"))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()[0][0] if cursor.description else None
    finally:
        connection.close()


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])


def test_a_server_that_was_started_answers_at_its_address(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        assert server.url("redledger") == f"postgresql+psycopg2://redledger@/redledger?host={server.socket_dir}"
        assert ask(server, "SELECT current_user || '@' || current_database()") == "redledger@redledger"


def test_text_sorts_by_code_point_and_pages_carry_checksums_on_every_machine(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        assert ask(server, "SELECT 'Z' < 'a' AND 'z' < 'ä'") is True
        assert ask(server, "SELECT datlocprovider::text || datlocale FROM pg_database LIMIT 1") == "bC.UTF-8"
        assert ask(server, "SHOW data_checksums") == "on"


def test_nobody_listens_on_the_network(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK | {"listen_addresses": "*"}) as server:
        assert ask(server, "SHOW listen_addresses") == ""


def test_the_server_has_stopped_when_the_only_client_returns_from_stop(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        pid = server.pid
    assert not lives(pid)


def test_rows_are_there_after_a_restart(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        ask(server, "CREATE TABLE kept AS SELECT 42 AS answer")
    with EmbeddedPostgres(data, settings=QUICK) as server:
        assert ask(server, "SELECT answer FROM kept") == 42


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGTERM], ids=lambda death: death.name)
def test_the_server_goes_with_its_last_client_however_that_dies(data: Path, death: signal.Signals) -> None:
    with Client(data) as client:
        pid = client.server_pid()
        client.die_of(death)
        until(lambda: not lives(pid))


def test_the_server_stays_while_another_client_holds_it(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server, Client(data) as client:
        assert client.server_pid() == server.pid
        client.die_of(signal.SIGKILL)
        assert ask(server, "SELECT 1") == 1


def test_the_server_stays_when_the_client_that_started_it_leaves(data: Path) -> None:
    first, second = EmbeddedPostgres(data, settings=QUICK).start(), EmbeddedPostgres(data, settings=QUICK).start()
    first.stop()
    with second:
        assert ask(second, "SELECT 1") == 1


def test_four_that_start_at_once_on_an_empty_folder_share_one_server(folder: Path) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(Client(folder / "data")) for _ in range(4)]
        assert len({client.server_pid() for client in clients}) == 1


def test_a_client_that_comes_while_the_last_one_dies_gets_a_server_that_answers(data: Path) -> None:
    for _ in range(5):
        with Client(data) as going:
            going.server_pid()
            going.process.kill()
            with EmbeddedPostgres(data, settings=QUICK) as server:
                assert ask(server, "SELECT 1") == 1


def test_a_running_server_is_used_with_the_settings_it_has(data: Path) -> None:
    with (
        EmbeddedPostgres(data, settings=QUICK | {"work_mem": "8MB"}),
        EmbeddedPostgres(data, settings=QUICK | {"work_mem": "9MB"}) as second,
    ):
        assert ask(second, "SHOW work_mem") == "8MB"


def test_two_data_folders_have_two_servers(data: Path, folder: Path) -> None:
    other = copy_of(data, folder / "other")
    with EmbeddedPostgres(data, settings=QUICK) as one, EmbeddedPostgres(other, settings=QUICK) as two:
        assert one.pid != two.pid
        ask(one, "CREATE TABLE only_here ()")
        assert ask(two, "SELECT to_regclass('only_here')") is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux informs a server that its supervisor has died")
def test_the_server_follows_a_supervisor_that_was_killed_and_the_next_start_is_good(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        pid = server.pid
        os.kill(parent_of(pid), signal.SIGKILL)
        supervised = LockFile(data / "postgres" / "supervisor", Account.for_data_in(data / "postgres"))
        until(lambda: not supervised.is_taken())
        with EmbeddedPostgres(data, settings=QUICK) as next_one:
            assert next_one.pid != pid
            assert not lives(pid)
            assert ask(next_one, "SELECT 1") == 1
