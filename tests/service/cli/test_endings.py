"""Every command ends with one sentence and a documented code, whatever its terminal, its files or its database do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg2
import pytest
import typer
from sqlalchemy.exc import OperationalError

from ledger.log import database_errors as troubles
from ledger.log.database_errors import DatabaseTrouble, TroubleKind
from service.cli.endings import MEANINGS, ExitCode, ended
from service.cli.main import app, main
from service.relay.failures import BrokerUnavailable
from service.settings import Settings
from tests.service.cli.conftest import Run


def _names(group: Any, before: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _names(command, (*before, name))
        else:
            yield (*before, name)


COMMANDS = sorted(_names(typer.main.get_command(app)))
# Commands that answer without an argument of their own: what they print meets a full disk.
READS = [
    ("approvals",),
    ("balances",),
    ("declarations",),
    ("exceptions",),
    ("instructions",),
    ("payouts",),
    ("periods",),
    ("proposals",),
    ("sales",),
    ("status",),
    ("trial-balance",),
]


def _ended(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    return int(end.value.code or 0)


def _place(settings: Settings) -> list[str]:
    return ["--database-url", settings.database_url, "--data-dir", str(settings.data_dir)]


def _ended_on_a_full_disk(*arguments: str) -> int:
    with pytest.MonkeyPatch.context() as patch, Path("/dev/full").open("w") as full:
        patch.setattr(sys, "stdout", full)
        return _ended(*arguments)


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_command_says_that_standard_output_is_full(name: tuple[str, ...], capfd: Any) -> None:
    assert _ended_on_a_full_disk(*name, "--help") == ExitCode.TERMINAL
    assert capfd.readouterr().err == "redledger: Standard output cannot be used: No space left on device.\n"


@pytest.mark.parametrize("name", READS, ids=" ".join)
def test_an_answer_that_finds_no_space_is_one_sentence(name: tuple[str, ...], month: Settings, capfd: Any) -> None:
    assert _ended_on_a_full_disk(*name, *_place(month)) == ExitCode.TERMINAL
    assert capfd.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", COMMANDS, ids=" ".join)
def test_every_command_says_that_standard_output_is_closed(
    name: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert _ended(*name, "--help") == ExitCode.TERMINAL
    assert "Standard output is closed" in capfd.readouterr().err


@pytest.mark.parametrize("name", READS, ids=" ".join)
def test_a_read_needs_no_standard_input(
    name: tuple[str, ...], month: Settings, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert _ended(*name, *_place(month)) == ExitCode.DONE
    assert capfd.readouterr().out


def test_recording_from_a_closed_standard_input_says_so(
    run: Run, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    said = run(settings, "record", "-")
    assert (said.code, said.err.count("\n")) == (ExitCode.FAILED, 1)
    assert "Standard input is closed" in said.err


def _process(*arguments: str, shell: str, unbuffered: str = "") -> subprocess.CompletedProcess[str]:
    command = " ".join([sys.executable, "-m", "service.cli.main", *arguments])
    return subprocess.run(
        ["bash", "-c", shell.format(command)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
    )


@pytest.mark.parametrize("unbuffered", ["", "1"])  # a stream with a buffer keeps what it could not write
@pytest.mark.parametrize(
    ("shell", "code", "said"),
    [
        ("{} > /dev/full", ExitCode.TERMINAL, "No space left on device"),
        ("{} >&-", ExitCode.TERMINAL, "Standard output is closed"),
        ("{} | true; exit ${{PIPESTATUS[0]}}", ExitCode.READER_GONE, "has closed it"),
        ("{} > /dev/full 2> /dev/full", ExitCode.TERMINAL, ""),
        ("{} > /dev/full 2>&-", ExitCode.TERMINAL, ""),
        ("{} <&- > /dev/null", ExitCode.DONE, ""),
        ("LC_ALL=C PYTHONIOENCODING=ascii {} > /dev/null", ExitCode.DONE, ""),
    ],
)
def test_a_process_leaves_no_traceback(shell: str, code: int, said: str, unbuffered: str) -> None:
    ended = _process("settings", shell=shell, unbuffered=unbuffered)
    assert ended.returncode == code
    assert said in ended.stderr
    assert ended.stderr.count("\n") == bool(said)


@pytest.mark.parametrize("arguments", [["record"], ["import", "psp"], ["import", "bank"], ["import", "tracking"]])
@pytest.mark.parametrize("kind", ["missing", "folder", "binary", "not UTF-8"])
def test_a_file_that_cannot_be_used_leaves_no_traceback(
    arguments: list[str], kind: str, run: Run, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "input"
    match kind:
        case "folder":
            file.mkdir()
        case "binary":
            file.write_bytes(os.urandom(4096))
        case "not UTF-8":
            file.write_bytes("Größe;Straße\n".encode("latin-1"))
    run(settings, "record", os.devnull)  # a ledger to import into
    said = run(settings, *arguments, str(file))
    assert said.code in (ExitCode.FAILED, ExitCode.WRONG_USE)
    assert said.err
    assert "Traceback" not in said.err


def _refused_line(tmp_path: Path) -> Path:
    file = tmp_path / "commands.jsonl"
    file.write_text("no command\n")
    return file


def test_a_full_refusals_file_is_one_sentence(run: Run, settings: Settings, tmp_path: Path) -> None:
    said = run(settings, "record", str(_refused_line(tmp_path)), "--refusals", "/dev/full")
    assert said.code == ExitCode.TERMINAL
    assert "The refusals cannot be written to /dev/full: No space left on device" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("name", ["missing/refusals", "."])
def test_a_refusals_file_that_cannot_be_made_is_one_sentence(
    name: str, run: Run, settings: Settings, tmp_path: Path
) -> None:
    said = run(settings, "record", str(_refused_line(tmp_path)), "--refusals", str(tmp_path / name))
    assert (said.code, said.err.count("\n")) == (ExitCode.TERMINAL, 1)


def test_a_refusals_file_that_is_a_pipe_is_not_removed(run: Run, settings: Settings, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    said = run(settings, "record", os.devnull, "--refusals", str(pipe))
    os.close(reader)
    assert said.code == ExitCode.DONE
    assert pipe.exists()


@pytest.mark.parametrize("kind", troubles.KINDS, ids=lambda kind: kind.code)
def test_trouble_of_the_database_is_one_sentence_and_a_code(kind: TroubleKind, capfd: Any) -> None:
    with pytest.raises(SystemExit) as end, ended():
        raise DatabaseTrouble("words", "postgresql://x/y", kind)
    assert end.value.code == (ExitCode.TRY_AGAIN if kind.retryable else ExitCode.DATABASE)
    assert capfd.readouterr().err.count("\n") == 1


def test_an_error_of_the_driver_that_nobody_caught_is_trouble_too(capfd: Any) -> None:
    with pytest.raises(SystemExit) as end, ended():
        raise OperationalError("SELECT 1", {}, psycopg2.OperationalError("server closed the connection"))
    assert end.value.code == ExitCode.TRY_AGAIN
    assert capfd.readouterr().err.count("\n") == 1


def test_a_broker_that_does_not_answer_is_one_sentence_and_may_be_tried_again(capfd: Any) -> None:
    with pytest.raises(SystemExit) as end, ended():
        raise BrokerUnavailable("Nothing could be relayed.")
    assert end.value.code == ExitCode.TRY_AGAIN
    assert capfd.readouterr().err == "redledger: Nothing could be relayed.\n"


def test_an_interrupt_anywhere_is_one_sentence(capfd: Any) -> None:
    with pytest.raises(SystemExit) as end, ended():
        raise KeyboardInterrupt
    assert end.value.code == ExitCode.INTERRUPTED
    assert capfd.readouterr().err == "redledger: Interrupted.\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGHUP, ExitCode.HUNG_UP)])
def test_a_signal_unwinds_what_is_open_and_has_its_code(number: signal.Signals, code: ExitCode, capfd: Any) -> None:
    unwound, before = [], signal.getsignal(number)
    with pytest.raises(SystemExit) as end, ended(), closing(SimpleNamespace(close=lambda: unwound.append(number))):
        signal.raise_signal(number)
    assert (end.value.code, unwound) == (code, [number])
    assert capfd.readouterr().err == "redledger: Interrupted.\n"
    assert signal.getsignal(number) is before


def test_a_hangup_that_is_ignored_ends_nothing() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with pytest.raises(SystemExit) as end, ended():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert end.value.code == ExitCode.DONE


def test_a_fault_of_ours_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), ended():
        raise ZeroDivisionError


def test_every_code_is_documented() -> None:
    assert set(MEANINGS) == set(ExitCode)
