"""The service as a process: one a folder, ended by Ctrl-C with its database, killed at any moment without a loss."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.app import open_app
from service.settings import Settings
from tests.support.postgres import memory_folder, open_folder
from tests.support.services import Running, Service, is_alive, until

pytestmark = pytest.mark.slow

ENROLMENTS = 6_000
EVENTS_EACH = 2  # asked for, and granted
ACTOR = {"kind": "importer", "id": "pat"}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that is not there yet, in one that the server's user can enter."""
    with open_folder(memory_folder()) as outer:
        yield outer / "data"


@pytest.fixture(scope="module")
def served() -> Iterator[Path]:
    """The folder of `service`."""
    with open_folder(memory_folder()) as outer:
        yield outer / "data"


@pytest.fixture(scope="module")
def service(served: Path) -> Iterator[Service]:
    """A service that runs for all tests that leave it running."""
    service = Service(served)
    yield service
    service.end(signal.SIGTERM)


@pytest.fixture
def enrolments(folder: Path) -> Path:
    return enrolling(folder, ENROLMENTS)


def enrolling(folder: Path, merchants: int) -> Path:
    file = folder.parent / "commands.jsonl"
    with file.open("w") as lines:
        for n in range(merchants):
            data = {"merchant_id": f"M-{n}"}
            line = {"command": "enrol_merchant", "id": f"e-{n}", "actor": ACTOR, "data": data}
            lines.write(json.dumps(line) + "\n")
    return file


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_service_and_its_database_cleanly(folder: Path, how: signal.Signals) -> None:
    service = Service(folder)
    database = service.database_pid
    assert service.end(how) == 0
    assert not is_alive(database)
    assert service.err == ""


def test_a_second_service_on_the_same_folder_names_where_the_first_one_is(service: Service, served: Path) -> None:
    second = Running("up", "--port", "0", folder=served)
    assert second.wait() == 1
    assert second.err.count("\n") == 1
    assert "A service already runs on" in second.err
    assert service.address in second.err
    assert service.get("/readyz")["status"] == "ready"


def test_a_port_in_use_is_one_sentence_and_begins_no_ledger(service: Service, served: Path) -> None:
    other = served.parent / "other"
    second = Running("up", "--port", service.port, folder=other)
    assert second.wait() == 1
    assert second.err.count("\n") == 1
    assert "--port" in second.err
    assert not other.exists()


def test_an_ordinary_ledger_takes_no_trading_month(folder: Path) -> None:
    assert Service(folder).end(signal.SIGINT) == 0
    again = Running("up", "--with-trading-month", "--port", "0", folder=folder)
    assert again.wait() == 1
    assert "not founded for demonstration" in again.err
    assert again.err.count("\n") == 1


def test_a_command_beside_the_service_shares_its_database(service: Service, served: Path) -> None:
    beside = Running("status", "--format", "json", folder=served)
    assert beside.wait() == 0
    assert json.loads(beside.out)["data"]["ledger_id"] == service.get("/v1/status")["data"]["ledger_id"]
    assert service.get("/readyz")["status"] == "ready"


def test_what_is_recorded_beside_the_service_reaches_its_views(service: Service, served: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    line = {"command": "enrol_merchant", "id": "e-1", "actor": ACTOR, "data": {"merchant_id": "M-1"}}
    file.write_text(json.dumps(line))
    assert Running("record", str(file), folder=served).wait() == 0
    token = service.get("/v1/status")["position"]
    rows = service.get(f"/v1/audit?merchant=M-1&at_least={token}")["data"]
    assert [row["event"] for row in rows] == ["merchant.enrolment_requested", "merchant.enrolled"]


def views_of(service: Service) -> list[dict[str, Any]]:
    views: list[dict[str, Any]] = service.get("/v1/status")["data"]["views"]
    return views


def test_a_view_of_an_older_version_is_rebuilt_by_the_next_service(folder: Path) -> None:
    assert Service(folder).end(signal.SIGINT) == 0
    with open_app(Settings(data_dir=folder)) as app, app.ledger.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE views.projections SET version = 0 WHERE projection = 'audit_trail'")
    service = Service(folder)
    until(
        lambda: "outdated" not in {view["status"] for view in service.get("/v1/status")["data"]["views"]},
        what="the rebuild",
    )
    assert service.end(signal.SIGINT) == 0
    assert "audit_trail is of version 0" in " ".join(service.err.split())


def test_killed_in_the_middle_of_a_recording_nothing_is_lost_and_nothing_is_doubled(
    folder: Path, enrolments: Path
) -> None:
    service = Service(folder)
    before = service.events
    recording = Running("record", str(enrolments), folder=folder)
    until(lambda: service.events > before, what="the first events")
    service.end(signal.SIGKILL)
    recording.end(signal.SIGKILL)

    service = Service(folder)
    kept = service.events - before
    assert 0 < kept < EVENTS_EACH * ENROLMENTS, "it was to be killed in the middle"
    again = Running("record", str(enrolments), "--format", "json", folder=folder)
    assert again.wait() == 0
    (counts,) = json.loads(again.out)
    assert counts["repeated"] == kept / EVENTS_EACH
    assert counts["recorded"] == ENROLMENTS - counts["repeated"]
    assert service.events - before == EVENTS_EACH * ENROLMENTS
    assert service.end(signal.SIGINT) == 0


@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_an_interrupted_recording_says_what_to_do(
    service: Service, served: Path, how: signal.Signals, code: int
) -> None:
    before = service.events
    recording = Running("record", str(enrolling(served, 20 * ENROLMENTS)), folder=served)
    until(lambda: service.events > before, what="the first events")
    assert recording.end(how) == code
    assert "Record the file again" in recording.err
