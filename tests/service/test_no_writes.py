"""A server that takes no writes, as a standby or with a full disk: a sentence and a code, 503 until it does again."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from signal import SIGINT
from time import monotonic
from typing import Any

import psycopg2
import pytest
from fastapi.testclient import TestClient

from service.app import App, open_app
from service.cli.endings import ExitCode
from service.embedded import EmbeddedPostgres
from service.settings import Settings
from tests.service.http.test_hostile_requests import SECRETS
from tests.service.http.test_signed_hostile_bodies import AFTERSHIP, SIGNED
from tests.support.access import reader_of
from tests.support.postgres import QUICK, memory_folder, open_folder
from tests.support.services import PATIENCE_S, Running, Service, until

pytestmark = pytest.mark.slow

NO_SPACE = """
CREATE FUNCTION public.no_space() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = '53100', MESSAGE = 'could not extend file "base/1/1": No space left on device';
END $$;
CREATE TRIGGER no_space BEFORE INSERT ON log.events EXECUTE FUNCTION public.no_space();
"""
SPACE_AGAIN = "DROP TRIGGER no_space ON log.events; DROP FUNCTION public.no_space()"
RATE: dict[str, Any] = {
    "command": "record_fx_rate", "id": "r-1", "actor": {"kind": "importer", "id": "tests"},
    "occurred_at": "2025-04-01T00:00:00Z",
    "data": {"pair": "USD/CNY", "rate": "7.1800", "kind": "book", "provider": "test", "as_of": "2025-04-01"},
}  # fmt: skip


def as_owner(url: str, statement: str) -> None:
    with closing(psycopg2.connect(url.replace("+psycopg2", ""))) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)


def notification(number: int) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(AFTERSHIP | {"event_id": f"e{number}"}).encode()
    return body, SIGNED["aftership"](body, datetime(2025, 4, 1, tzinfo=UTC))


def record(folder: Path, url: str, number: int) -> Running:
    """Records one line that was not recorded before, in a process of its own."""
    file = folder / f"{number}.jsonl"
    file.write_text(json.dumps(RATE | {"id": f"r-{number}", "data": RATE["data"] | {"provider": f"p{number}"}}) + "\n")
    recording = Running("record", str(file), "--database-url", url, folder=folder / "data")
    recording.wait()
    return recording


def says(recording: Running, words: str) -> bool:
    """True if the process ended to be tried again, and its last line is a sentence with these words."""
    last = recording.err.strip().splitlines()[-1]
    is_plain = last.startswith("redledger: ") and "CONTEXT" not in last and "Traceback" not in recording.err
    return recording.process.returncode == ExitCode.TRY_AGAIN and is_plain and words in last


@pytest.fixture
def app(fresh_database_url: str, tmp_path: Path) -> Iterator[App]:
    with open_app(Settings(database_url=fresh_database_url, data_dir=tmp_path, **SECRETS), create=True) as app:
        app.catch_up()
        yield app


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with reader_of(app) as client:
        yield client


def deliver(client: TestClient, number: int) -> Any:
    body, headers = notification(number)
    return client.post("/webhooks/aftership", content=body, headers=headers)


def test_a_full_disk_is_503_and_not_ready_until_there_is_space(app: App, client: TestClient) -> None:
    as_owner(app.settings.database_url, NO_SPACE)
    refused, health, read = deliver(client, 1), client.get("/readyz"), client.get("/v1/balances")
    assert (refused.status_code, refused.json()["code"]) == (503, "DATABASE_DISK_FULL")
    assert int(refused.headers["Retry-After"]) >= 1
    assert (health.status_code, read.status_code) == (503, 200)
    assert "no space left" in health.json()["troubles"][0]
    as_owner(app.settings.database_url, SPACE_AGAIN)
    assert (deliver(client, 1).status_code, client.get("/readyz").status_code) == (200, 200)


def test_an_idle_service_is_ready_again_a_while_after_a_full_disk(
    app: App, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load balancer sends nothing to a service that is not ready, so no append could show that there is space."""
    as_owner(app.settings.database_url, NO_SPACE)
    deliver(client, 1)
    later = monotonic() + 11
    monkeypatch.setattr("ledger.ledger.monotonic", lambda: later)
    assert client.get("/readyz").status_code == 200


def test_a_recording_on_a_full_disk_is_one_sentence_and_may_be_repeated(app: App, tmp_path: Path) -> None:
    url = app.settings.database_url
    as_owner(url, NO_SPACE)
    failed = record(tmp_path, url, 1)
    assert says(failed, "has no space left on its disk"), failed.err
    as_owner(url, SPACE_AGAIN)
    assert record(tmp_path, url, 1).process.returncode == ExitCode.DONE


class Failover:
    """A server of its own that is restarted as a standby and promoted again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._server = folder, EmbeddedPostgres(folder, settings=QUICK).start()
        self.url = self._server.url("books")

    def to_standby(self) -> None:
        """Restarts the server as a hot standby, which recovers for ever and takes no writes."""
        self._server.stop()
        cluster = (self.folder / "postgres").resolve() / "cluster"
        signal, owner = cluster / "standby.signal", cluster.stat()
        signal.touch()
        os.chown(signal, owner.st_uid, owner.st_gid)
        self._server.start()

    def promote(self) -> None:
        as_owner(self.url, "SELECT pg_promote(true, 60)")

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def failover() -> Iterator[Failover]:
    with open_folder(memory_folder()) as folder:
        failover = Failover(folder)
        yield failover
        failover.stop()


def status(service: Service, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    """The status of an answer; 0 for a refusal that does not say when to come again."""
    asked = urllib.request.Request(service.address + path, data=body, headers=headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code if int(error.headers.get("Retry-After", 0)) else 0


def test_a_service_whose_server_becomes_a_standby_is_not_ready_until_it_is_promoted(
    failover: Failover,
) -> None:
    folder = failover.folder / "service" / "data"
    folder.parent.mkdir()
    service = Service(folder, "--database-url", failover.url, "--aftership-secret", SECRETS["aftership_secret"])
    try:
        until(lambda: status(service, "/readyz") == 200, what="the service to be ready")
        failover.to_standby()
        until(lambda: status(service, "/readyz") == 503, what="the service to notice")
        assert status(service, "/healthz") == 200
        assert status(service, "/webhooks/aftership", *notification(1)) == 503
        failed = record(failover.folder, failover.url, 1)
        assert says(failed, "accepts no writes"), failed.err
        failover.promote()
        until(lambda: status(service, "/readyz") == 200, what="the service to be ready again")
        assert status(service, "/webhooks/aftership", *notification(1)) == 200
        assert record(failover.folder, failover.url, 1).process.returncode == ExitCode.DONE
    finally:
        assert service.end(SIGINT) == ExitCode.DONE
    assert "Traceback" not in service.err
