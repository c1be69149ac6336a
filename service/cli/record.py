"""`redledger record`: records commands from JSON lines in bulk, and counts every line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from service.cli.actor import ACTING, By, actor_of
from service.cli.demonstration import opened
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show, stderr
from service.failures import Interrupted, ServiceFailure
from service.settings import Settings
from service.tables.tables import LINES_RECORDED

if TYPE_CHECKING:
    from rich.progress import Progress

    from service.app import App
    from service.record.lines import Line
    from service.record.parser import Malformed
    from service.record.recorder import Counts, Recorder
    from service.record.refusals_file import RefusalsFile

_COMPLAINTS_SHOWN = 20


@takes_settings(*ACTING)
def record(
    settings: Settings,
    file: Annotated[
        str,
        typer.Argument(metavar="FILE|-", help="File of commands, one JSON object per line; - reads standard input."),
    ],
    refusals: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="File for unrecorded lines.", show_default="FILE.refusals.jsonl beside it"),
    ] = None,
    by: By = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Record commands, one JSON object a line:
    {"command": "set_auto_export", "id": "a-1", "data": {"merchant_id": "M-1042", "enabled": true}}

    They are commands of the account that acts. Without an account, each line names its actor, which is an importer: it
    records the past of another system, with the times of then.
    The same file may be recorded again: recorded commands only repeat. Ends with 0 only if no line was malformed and
    none failed; a refusal is an answer. A failed line names its reference in the log, and may be sent again.
    """
    from service.record.refusals_file import RefusalsFile

    source = None if file == "-" else Path(file)
    with (
        _opened(source) as stream,
        RefusalsFile(refusals or _beside(source), not_the_input=source) as kept,
        opened(settings, create=True) as app,
        _shown_progress(source) as progress,
    ):
        recorder = _recorder(app, by, kept, progress)
        _record(recorder, _lines(stream, source), progress)
    show(LINES_RECORDED, [asdict(recorder.counts)], format)
    if kept.count:
        stderr().print(f"Refused, malformed and failed lines are in {kept.path}")
    if recorder.counts.malformed or recorder.counts.failed:
        raise typer.Exit(1)


def _recorder(app: App, by: str | None, kept: RefusalsFile, progress: Progress) -> Recorder:
    """Returns the recorder of the account that acts; without an account, of importers."""
    from commands.menu import MENU
    from service.record.recorder import Recorder

    actor = actor_of(app, by) if by or app.settings.token else None
    complain, behind = _Complaints(progress), _Behind(progress)
    return Recorder(app.bus, MENU, kept, complain=complain, progress=behind, actor=actor)


def _beside(source: Path | None) -> Path:
    return source.with_name(f"{source.name}.refusals.jsonl") if source else Path("stdin.refusals.jsonl")


def _record(recorder: Recorder, lines: Iterator[Line], progress: Progress) -> None:
    """Records all lines. If it is interrupted, the message gives the number of lines done."""
    from ledger.log.database_errors import DatabaseTrouble

    try:
        recorder.record(lines)
    except KeyboardInterrupt:
        raise Interrupted(f"Interrupted after {recorder.counts.lines:,} lines. Record the file again.") from None
    except DatabaseTrouble:
        progress.console.print(
            f"Stopped after {recorder.counts.lines:,} lines. Record the same again: recorded commands only repeat."
        )
        raise


class _Complaints:
    """Prints the complaint about a malformed line; after 20 lines, only the refusals file has them."""

    def __init__(self, progress: Progress) -> None:
        self._progress, self._count = progress, 0

    def __call__(self, line: int, malformed: Malformed) -> None:
        self._count += 1
        if self._count <= _COMPLAINTS_SHOWN:
            field = f", {malformed.field}" if malformed.field else ""
            self._progress.console.print(
                f"line {line}{field}: {malformed.sentence} ({malformed.code})", style="red", soft_wrap=True
            )
        elif self._count == _COMPLAINTS_SHOWN + 1:
            self._progress.console.print("More such lines are in the refusals file.", style="red")


class _Behind:
    """Moves the progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, offset: int, counts: Counts) -> None:
        for task in self._progress.task_ids:
            self._progress.update(task, completed=offset, lines=counts.lines)


@contextmanager
def _opened(source: Path | None) -> Iterator[BinaryIO]:
    if source is None:
        if sys.stdin is None:
            raise ServiceFailure("Standard input is closed. Name a file, or pipe commands in.")
        yield sys.stdin.buffer
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise ServiceFailure(f"{source} cannot be read: {error.strerror}.") from None
    with stream:
        yield stream


def _lines(stream: BinaryIO, source: Path | None) -> Iterator[Line]:
    from service.record.lines import lines_of

    try:
        yield from lines_of(stream)
    except OSError as error:
        raise ServiceFailure(f"{source or 'Standard input'} cannot be read: {error.strerror}.") from None


@contextmanager
def _shown_progress(source: Path | None) -> Iterator[Progress]:
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (TextColumn("recording"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[lines]:,} lines"))
    with Progress(*columns, TimeElapsedColumn(), console=stderr(), disable=not stderr().is_terminal) as progress:
        progress.add_task("record", total=source.stat().st_size if source else None, lines=0)
        yield progress
