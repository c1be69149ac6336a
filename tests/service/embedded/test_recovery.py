"""A start is good whatever happened before it, takes the time it needs, and says why when it fails."""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from service.embedded import EmbeddedPostgres, EmbeddedPostgresError
from service.embedded.account import Account
from service.embedded.binaries import find_binaries
from tests.service.embedded.clients import Client, lives, until
from tests.support.postgres import QUICK


def check(data: Path) -> None:
    with EmbeddedPostgres(data, settings=QUICK) as server:
        psycopg2.connect(server.dsn("redledger")).close()


def pid_file(data: Path) -> Path:
    return data / "postgres" / "cluster" / "postmaster.pid"


def leave_pid_file(data: Path, pid: int) -> None:
    """Writes the pid file of a server that was ready and then died at once."""
    home = data / "postgres"
    lines = [str(pid), str(home / "cluster"), "1700000000", "5432", str(home), "", "  5309 1", "ready   "]
    pid_file(data).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture
def stranger() -> Iterator[int]:
    """The process id of a program that has nothing to do with PostgreSQL."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process.pid
        process.kill()


@pytest.fixture
def real_bin(folder: Path) -> Path:
    return find_binaries(None, Account.for_data_in(folder), folder / "shelter").bin_dir


def stand_in(folder: Path, postgres: str, initdb: str = "exit 1") -> Path:
    """A `bin` folder of shell scripts."""
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    for name, script in (("postgres", postgres), ("initdb", initdb)):
        (bin_dir / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        (bin_dir / name).chmod(0o755)
    return bin_dir


@pytest.mark.parametrize("dead", ["the starter alone", "all it had started"])
def test_a_start_that_was_killed_while_it_created_the_cluster_leaves_nothing_half_made(folder: Path, dead: str) -> None:
    data = folder / "data"
    with Client(data) as client:
        until(lambda: any((data / "postgres").glob("cluster.*/base/1")))
        if dead == "the starter alone":
            client.die_of(signal.SIGKILL)
        else:
            os.killpg(client.process.pid, signal.SIGKILL)
    check(data)
    assert not list((data / "postgres").glob("cluster.*/PG_VERSION"))


def test_a_pid_file_of_a_process_that_is_gone_does_not_hinder_a_start(data: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        pass
    leave_pid_file(data, gone.pid)
    check(data)


def test_a_pid_file_whose_number_is_another_program_s_by_now_does_not_hinder_a_start(data: Path, stranger: int) -> None:
    leave_pid_file(data, stranger)
    check(data)
    assert lives(stranger)


@pytest.mark.parametrize("written", ["", "12", "x"])
def test_a_pid_file_that_was_never_finished_does_not_hinder_a_start(data: Path, written: str) -> None:
    pid_file(data).write_text(written, encoding="utf-8")
    check(data)


def test_a_server_killed_under_an_open_client_is_started_again_with_what_it_had_acknowledged(data: Path) -> None:
    with EmbeddedPostgres(data) as server:
        connection = psycopg2.connect(server.dsn("redledger"))
        with connection, connection.cursor() as cursor:
            cursor.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(server.pid, signal.SIGKILL)
        until(lambda: not lives(server.pid))
        with EmbeddedPostgres(data) as again:
            assert again.pid != server.pid
            second = psycopg2.connect(again.dsn("redledger"))
            with second, second.cursor() as cursor:
                cursor.execute("SELECT answer FROM kept")
                assert cursor.fetchone() == (42,)
            second.close()
        connection.close()


def test_a_start_may_take_longer_than_any_clock_can_say_while_the_server_lives(
    data: Path, folder: Path, real_bin: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gate = folder / "gate"
    os.mkfifo(gate)
    gate.chmod(0o666)
    recovering = f'echo "redo in progress" >&2; read go < {gate}'
    slow = stand_in(folder, f'[ "$1" = --version ] || {{ {recovering}; }}\nexec {real_bin}/postgres "$@"')
    hours = iter(range(100_000))

    def clock() -> float:
        hour = next(hours)
        if hour == 48:
            gate.write_text("go\n", encoding="utf-8")
        return hour * 3600.0

    caplog.set_level(logging.INFO, logger="service.embedded")
    with EmbeddedPostgres(data, bin_dir=slow, settings=QUICK, clock=clock) as server:
        assert next(hours) > 48
        psycopg2.connect(server.dsn("redledger")).close()
    assert "PostgreSQL is still starting" in caplog.text
    assert "redo in progress" in caplog.text


def test_a_start_that_fails_shows_the_end_of_the_server_s_log(data: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match=r'(?s)did not start.*invalid value for parameter "shared_buffers"'):
        EmbeddedPostgres(data, settings={"shared_buffers": "plenty"}).start()


def test_a_failed_start_does_not_hinder_the_next(data: Path) -> None:
    with pytest.raises(EmbeddedPostgresError):
        EmbeddedPostgres(data, settings={"shared_buffers": "plenty"}).start()
    check(data)


def test_a_cluster_that_cannot_be_created_shows_what_initdb_said(folder: Path) -> None:
    bin_dir = stand_in(folder, 'echo "postgres (PostgreSQL) 18.0"', initdb="echo no room left; exit 1")
    with pytest.raises(EmbeddedPostgresError, match=r"(?s)could not create its files.*no room left"):
        EmbeddedPostgres(folder / "data", bin_dir=bin_dir).start()


def test_data_of_another_major_version_is_refused_in_one_sentence(data: Path) -> None:
    version = data / "postgres" / "cluster" / "PG_VERSION"
    version.write_text("17\n", encoding="ascii")
    with pytest.raises(EmbeddedPostgresError, match=r"was made by PostgreSQL 17 .* dump it"):
        EmbeddedPostgres(data).start()


def test_a_server_that_is_asked_before_it_was_started_says_so(folder: Path) -> None:
    with pytest.raises(EmbeddedPostgresError, match="has not been started"):
        EmbeddedPostgres(folder).url("redledger")
