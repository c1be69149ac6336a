"""A file that was found good becomes an event, then commands, row by row: resumable, every row accounted for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from commands.bus.outcome import Outcome, first_fault
from commands.command import Command
from commands.reconciliation.accept_file import AcceptFile
from commands.reconciliation.complete_file import CompleteFile
from ledger.actors import Actor
from ledger.ids import derived_id, file_stream
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.streams.files import AcceptedFile
from ledger.streams.loader import load_stream
from ledger.validation_messages import complaint
from service.adapters.files.bad_file import BadFile
from service.adapters.files.opened_breaks import opened_by
from service.app import App
from service.failures import ServiceFailure

IMPORTER = Actor(kind="system", id="files", role="finance")
_BATCH = 500  # rows
_LARGEST = 64 * 1024 * 1024  # bytes

Progress = Callable[[int, int], None]  # rows done, rows in all


class FileName(Protocol):
    """What a file is known by."""

    @property
    def name(self) -> str: ...
    @property
    def digest(self) -> str: ...


@dataclass(frozen=True)
class RawFile:
    """The bytes of a file and what they are known by."""

    name: str
    content: bytes

    @cached_property  # every row's id is made of it
    def digest(self) -> str:
        return sha256(self.content).hexdigest()

    def command_id(self, *parts: str) -> str:
        return row_id(self, *parts)


def row_id(file: FileName, *parts: str) -> str:
    """The id of one row's command: the same whenever and wherever these bytes are imported."""
    return derived_id(file.digest[:24], *parts)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file, and what it is to be recorded as. `leaves_unmatched`: it waited there since the file came.
    `unread` is what is wrong with one that is only kept."""

    line: int
    commands: tuple[Command, ...]
    leaves_unmatched: bool = False
    unread: str = ""


@dataclass(slots=True)
class FileSummary:
    """What became of a file. `known`: these bytes had been accepted before. Rows count once, by their worst outcome.

    `failed`: by a fault of ours, so that the same file is to be imported again. `unread` says what is wrong with rows
    that nobody can use and that are kept among the unmatched. `breaks` were opened this time, and `unmatched` items
    wait for their order since.
    """

    name: str
    digest: str
    known: bool
    rows: int
    recorded: int = 0
    repeated: int = 0
    nothing: int = 0
    refused: int = 0
    failed: int = 0
    breaks: int = 0
    unmatched: int = 0
    refusals: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def add_differences(self, breaks: int, unmatched: int) -> None:
        self.breaks, self.unmatched = self.breaks + breaks, self.unmatched + unmatched


def read_file(path: Path) -> RawFile:
    """Raises `ServiceFailure` for a file that cannot be read, `BadFile` for one that is too large to be right."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadFile(path.name, f"{path.stat().st_size:,} bytes are more than such a file has")
        return RawFile(path.name, path.read_bytes())
    except OSError as error:
        raise ServiceFailure(f"{path} cannot be read: {error.strerror}.") from None


def import_rows(
    app: App,
    file: RawFile,
    *,
    kind: str,
    partner: str,
    header: dict[str, str],
    rows: Sequence[Row],
    progress: Progress = lambda _done, _total: None,
) -> FileSummary:
    """Accept the file in one append, then record its rows. The same file again goes on where it was cut off; once all
    its rows are recorded only what leaves the unmatched items is."""
    before = accepted(app, file, kind)
    _check_recordable(file, rows)
    if not before.accepted:
        _accept(app, file, kind=kind, partner=partner, header=header, rows=len(rows))
    todo = [row for row in rows if row.leaves_unmatched or not before.recorded]
    done = len(rows) - len(todo)
    summary = FileSummary(file.name, file.digest, bool(before.accepted), len(rows), repeated=done)
    for start in range(0, len(todo), _BATCH):
        batch = todo[start : start + _BATCH]
        outcomes = iter(answered := app.bus.submit([command for row in batch for command in row.commands]))
        for row in batch:
            _count(summary, row, [next(outcomes) for _ in row.commands])
        summary.add_differences(*opened_by(app.ledger.engine, answered))
        progress(done + min(start + _BATCH, len(todo)), len(rows))
    if not summary.failed:
        app.bus.submit([_complete(file, kind, summary)])
    return summary


def _accept(app: App, file: RawFile, *, kind: str, partner: str, header: dict[str, str], rows: int) -> None:
    """Raises `ServiceFailure` where the file is refused and nobody else has had it accepted meanwhile."""
    accept = AcceptFile(
        id=file.command_id(kind, "accept"),
        actor=IMPORTER,
        kind=kind,
        digest=file.digest,
        file_name=file.name,
        partner=partner,
        rows=rows,
        header=header,
    )
    (outcome,) = app.bus.submit([accept])
    if not outcome.is_accepted and not accepted(app, file, kind).accepted:
        raise ServiceFailure(f"{file.name} was not accepted: {outcome.sentence}")


def _complete(file: RawFile, kind: str, summary: FileSummary) -> CompleteFile:
    return CompleteFile(
        id=file.command_id(kind, "complete"), actor=IMPORTER, kind=kind, digest=file.digest, refused=summary.refused
    )


def _check_recordable(file: RawFile, rows: Sequence[Row]) -> None:
    """Raises `BadFile` for a row that the log could not hold: nothing of the file is recorded then."""
    for row in rows:
        try:
            for command in row.commands:
                command.fingerprint()
        except ValueError as error:
            reason = f"it cannot be recorded: {complaint(error, shows_value=True)}"
            raise BadFile(file.name, reason, line=row.line) from None


def accepted(app: App, file: RawFile, kind: str) -> AcceptedFile:
    """What is remembered of these bytes."""
    return load_stream(app.ledger.reader, 0, file_stream(kind, file.digest), AcceptedFile)


def _count(summary: FileSummary, row: Row, outcomes: Sequence[Outcome]) -> None:
    # What was recorded as something else when the file came first stays that: people work its break.
    before = [outcome.repeated or outcome.code == IdempotencyKeyReused.code for outcome in outcomes]
    now = [outcome for outcome, was in zip(outcomes, before, strict=True) if not was]
    turned_away = [outcome for outcome in now if not outcome.is_accepted]
    summary.unread += [f"line {row.line}: {row.unread}"] if row.unread else []
    summary.refusals += [
        f"line {row.line}: {outcome.sentence} {outcome.remedy} ({outcome.code})" for outcome in turned_away
    ]
    if first_fault(turned_away):
        summary.failed += 1
    elif turned_away:
        summary.refused += 1
    elif any(outcome.status == "recorded" for outcome in now):
        summary.recorded += 1
    elif any(before):
        summary.repeated += 1
    else:
        summary.nothing += 1
