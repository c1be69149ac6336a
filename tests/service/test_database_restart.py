"""A running service outlives its database: it starts its own server again, connects anew to any, and loses nothing."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.cli.endings import ExitCode
from service.embedded import EmbeddedPostgres
from tests.support.postgres import QUICK, memory_folder, open_folder
from tests.support.services import PATIENCE_S, Running, Service, is_alive, until

pytestmark = pytest.mark.slow

ORDER = (Path(__file__).parents[2] / "examples/first-order.jsonl").read_text(encoding="utf-8").splitlines()
SIGNED = next(n for n, line in enumerate(ORDER) if json.loads(line)["command"] == "report_signature")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that is not there yet, in one that the server's user can enter."""
    with open_folder(memory_folder()) as outer:
        yield outer / "data"


@pytest.fixture
def service(folder: Path) -> Iterator[Service]:
    service = Service(folder)
    assert service.token  # made while the database is there
    yield service
    service.end(signal.SIGTERM)


def asked(service: Service, path: str) -> tuple[int, str | None]:
    """The status and the Retry-After of an answer."""
    try:
        with urllib.request.urlopen(service.request(path), timeout=PATIENCE_S) as answer:
            return answer.status, answer.headers["Retry-After"]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Retry-After"]


def said(service: Service) -> str:
    """Returns the log's text with its lines joined: they are wrapped to the width of a terminal."""
    return " ".join(service.err.split())


def is_ready(service: Service) -> bool:
    return asked(service, "/readyz")[0] == 200


def kill_database(service: Service) -> None:
    """Kill the server that the service has started, and wait for the one that takes its place."""
    before = said(service).count("answers again")
    os.kill(service.database_pid, signal.SIGKILL)
    until(lambda: said(service).count("answers again") > before, what="a server that is started again")
    until(lambda: is_ready(service), what="the service to be ready again")


def record(lines: list[str], folder: Path, *place: str) -> None:
    file = folder.parent / "lines.jsonl"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    recording = Running("record", str(file), *place, folder=folder)
    assert recording.wait() == 0, recording.err


def events_in_view(service: Service) -> list[str]:
    """The types of the merchant's events, from the views, once they hold what is recorded by now."""
    token = service.get("/v1/status")["position"]
    return [row["event"] for row in service.get(f"/v1/audit?merchant=M-1042&at_least={token}")["data"]]


def await_release(service: Service) -> None:
    """The timers' own command, which asks for what a view says is due."""
    until(lambda: "settlement.released" in events_in_view(service), what="the release that falls due")


def test_after_its_server_was_killed_twice_the_service_records_folds_and_releases(
    service: Service, folder: Path
) -> None:
    record(ORDER[:SIGNED], folder)
    acknowledged = events_in_view(service)
    kill_database(service)
    assert events_in_view(service)[: len(acknowledged)] == acknowledged  # the service's own timers go on recording
    kill_database(service)
    record([ORDER[SIGNED]], folder)
    await_release(service)
    assert service.end(signal.SIGINT) == ExitCode.DONE


@contextmanager
def nobody_may_start_a_server(folder: Path) -> Iterator[None]:
    """Holds the lock that is taken by whoever starts a server."""
    gate = os.open(folder / "postgres" / "gate", os.O_RDWR)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield
    finally:
        os.close(gate)


def test_while_the_server_is_away_reads_are_refused_for_a_moment_and_the_service_lives(
    service: Service, folder: Path
) -> None:
    with nobody_may_start_a_server(folder):
        os.kill(service.database_pid, signal.SIGKILL)
        until(lambda: "is started again" in said(service), what="the service to notice")
        assert asked(service, "/v1/balances") == (503, "1")
        assert asked(service, "/readyz") == (503, "1")
        assert asked(service, "/healthz")[0] == 200
    until(lambda: is_ready(service), what="a server that answers again")
    assert asked(service, "/v1/balances")[0] == 200


def test_a_service_ends_cleanly_while_its_server_is_being_started_again(service: Service) -> None:
    killed = service.database_pid
    os.kill(killed, signal.SIGKILL)
    until(lambda: "is started again" in said(service), what="the service to notice")
    assert service.end(signal.SIGINT) == ExitCode.DONE
    assert not is_alive(killed)


def test_a_server_whose_data_are_gone_is_not_replaced_by_an_empty_one(service: Service, folder: Path) -> None:
    cluster = (folder / "postgres").resolve() / "cluster"
    pid = service.database_pid
    cluster.rename(cluster.with_name("moved"))
    os.kill(pid, signal.SIGKILL)
    assert service.wait() == ExitCode.DATABASE
    assert "could not be started again in 6 attempts" in said(service)
    assert "Traceback" not in service.err
    assert not cluster.exists()


def test_a_server_of_one_s_own_that_comes_back_is_used_again(folder: Path) -> None:
    with open_folder(memory_folder()) as elsewhere:
        server = EmbeddedPostgres(elsewhere / "own", settings=QUICK).start()
        try:
            place = ("--database-url", server.url("books"))
            service = Service(folder, *place)
            assert service.token
            record(ORDER[:SIGNED], folder, *place)
            acknowledged = events_in_view(service)
            server.stop()
            got = asked(service, "/v1/balances")
            assert got == (503, "1"), said(service)
            assert not is_ready(service)
            server.start()
            until(lambda: is_ready(service), what="the service to connect anew")
            assert events_in_view(service)[: len(acknowledged)] == acknowledged  # its own timers go on recording
            record([ORDER[SIGNED]], folder, *place)
            await_release(service)
            assert service.end(signal.SIGINT) == ExitCode.DONE
        finally:
            server.stop()
