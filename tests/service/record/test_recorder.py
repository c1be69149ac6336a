"""Lines to a real ledger: every one accounted for, whatever interrupts."""

import json
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from commands.command import Command
from commands.menu import MENU
from service.app import App, open_app
from service.failures import ServiceFailure
from service.record.lines import lines_of
from service.record.parser import Malformed
from service.record.recorder import BATCH, Counts, Recorder
from service.record.refusals_file import RefusalsFile
from service.settings import Settings
from tests.support.faults import failing

ACTOR = {"kind": "importer", "id": "pat"}


@pytest.fixture
def app(settings: Settings) -> Iterator[App]:
    with open_app(settings, create=True) as app:
        yield app


def _enrol(merchant: str, id: str = "", **data: Any) -> bytes:
    data = {"merchant_id": merchant} | data
    text = {"command": "enrol_merchant", "id": id or f"enrol-{merchant}", "actor": ACTOR, "data": data}
    return json.dumps(text).encode() + b"\n"


class Recording:
    """A recorder with everything it says kept."""

    def __init__(self, bus: Any, folder: Path) -> None:
        self.bus, self.file = bus, folder / "refusals.jsonl"
        self.complaints: list[tuple[int, str]] = []

    def of(self, content: bytes) -> Counts:
        with RefusalsFile(self.file) as refusals:
            recorder = Recorder(self.bus, MENU, refusals, complain=self._complain, progress=lambda _at, _counts: None)
            return recorder.record(lines_of(BytesIO(content)))

    @property
    def refusals(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.file.read_text(encoding="utf-8").splitlines()]

    def _complain(self, line: int, malformed: Malformed) -> None:
        self.complaints.append((line, malformed.code))


@pytest.fixture
def recording(app: App, tmp_path: Path) -> Recording:
    return Recording(app.bus, tmp_path)


def test_every_line_is_in_one_of_the_counts(recording: Recording) -> None:
    content = (
        _enrol("M-1") + _enrol("M-1") + _enrol("M-1", id="again") + _enrol("M-2", country="DE") + b"{\n" + _enrol("M-3")
    )
    assert recording.of(content) == Counts(recorded=2, repeated=1, nothing=1, refused=1, malformed=1)


def test_refusals_are_kept_with_their_line_code_and_remedy(recording: Recording) -> None:
    recording.of(_enrol("M-1") + _enrol("M-2", country="DE"))
    (refusal,) = recording.refusals
    assert (refusal["line"], refusal["code"], refusal["id"]) == (2, "MERCHANT_NOT_DOMESTIC", "enrol-M-2")
    assert refusal["remedy"]


def test_a_run_that_refuses_nothing_leaves_no_file(recording: Recording) -> None:
    recording.of(_enrol("M-1"))
    assert not recording.file.exists()


def test_the_same_lines_again_only_repeat(recording: Recording, app: App) -> None:
    content = b"".join(_enrol(f"M-{n}") for n in range(BATCH + 20))
    recording.of(content)
    heads = app.ledger.reader.heads()
    assert recording.of(content) == Counts(repeated=BATCH + 20)
    assert app.ledger.reader.heads() == heads


def test_the_same_id_with_another_body_is_refused(recording: Recording) -> None:
    recording.of(_enrol("M-1", id="one") + _enrol("M-1", id="one", terms_version="2"))
    assert [refusal["code"] for refusal in recording.refusals] == ["IDEMPOTENCY_KEY_REUSED"]


def test_a_line_that_is_cut_off_at_the_end_is_truncated(recording: Recording) -> None:
    recording.of(_enrol("M-1") + _enrol("M-2")[:-10])
    assert recording.complaints == [(2, "TRUNCATED")]


def test_a_whole_last_line_needs_no_end(recording: Recording) -> None:
    assert recording.of(_enrol("M-1").rstrip()) == Counts(recorded=1)


def test_a_huge_line_is_too_long_and_its_neighbours_are_recorded(recording: Recording) -> None:
    counts = recording.of(_enrol("M-1") + b"[" + b"1," * 1_000_000 + b"1]\n" + _enrol("M-2"))
    assert counts == Counts(recorded=2, malformed=1)
    assert recording.complaints == [(2, "LINE_TOO_LONG")]


class LosesTheDatabase:
    """A bus whose database goes away after so many batches; what it answered stays recorded."""

    def __init__(self, bus: Any, batches: int) -> None:
        self._bus, self._left = bus, batches

    def submit(self, commands: Sequence[Command]) -> list[Outcome]:
        if self._left == 0:
            raise ConnectionError
        self._left -= 1
        outcomes: list[Outcome] = self._bus.submit(commands)
        return outcomes


def test_after_a_lost_database_the_same_lines_record_the_rest_and_double_nothing(app: App, tmp_path: Path) -> None:
    content = b"".join(_enrol(f"M-{n}") for n in range(2 * BATCH))
    with pytest.raises(ConnectionError):
        Recording(LosesTheDatabase(app.bus, 1), tmp_path).of(content)
    assert Recording(app.bus, tmp_path).of(content) == Counts(recorded=BATCH, repeated=BATCH)


def test_refusals_are_never_written_over_the_input(tmp_path: Path) -> None:
    file = tmp_path / "commands.jsonl"
    file.write_text("{}")
    with pytest.raises(ServiceFailure):
        RefusalsFile(file, not_the_input=file)


def test_refusals_are_for_their_owner_only(recording: Recording) -> None:
    recording.of(b"{\n")
    assert recording.file.stat().st_mode & 0o077 == 0


def test_a_line_that_fails_is_named_with_its_reference_and_its_neighbours_are_recorded(recording: Recording) -> None:
    with failing("enrol_merchant", lambda command: command.id == "enrol-M-2"):
        counts = recording.of(_enrol("M-1") + _enrol("M-2") + _enrol("M-3"))
    assert counts == Counts(recorded=2, failed=1)
    assert recording.complaints == [(2, "FAULT")]
    (failed,) = recording.refusals
    assert failed["facts"]["reference"] in failed["sentence"]


def test_a_line_that_failed_is_recorded_when_it_is_sent_again(recording: Recording) -> None:
    with failing("enrol_merchant"):
        recording.of(_enrol("M-1"))
    assert recording.of(_enrol("M-1")) == Counts(recorded=1)
