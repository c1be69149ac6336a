"""Imports a checked file: accepts it as one event, then records it row by row. An interrupted import can be
run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from commands.bus.outcome import Outcome, first_fault
from commands.reconciliation.accept_file import AcceptFile
from commands.reconciliation.complete_file import CompleteFile
from ledger.ids import file_stream
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.streams.files import AcceptedFile
from ledger.streams.loader import load_stream
from ledger.validation_messages import complaint
from service.app import App
from service.failures import ServiceFailure
from service.formats.bad_file import BadFile
from service.intake.opened_breaks import opened_by
from service.partner_facts.files import RawFile
from service.partner_reports.rows import IMPORTER, Row

_BATCH = 500  # rows
_LARGEST = 64 * 1024 * 1024  # bytes

Progress = Callable[[int, int], None]  # rows done, rows in total


@dataclass(slots=True)
class FileSummary:
    """The result of an import. `known`: the same bytes were accepted before. Each row counts once, by its worst
    outcome.

    `failed` rows met a fault; import the same file again. `unread` lists the errors of rows that cannot be used and are
    kept as unmatched items. `breaks` and `unmatched` count the breaks and items that this import added.
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
    """Reads a file. Raises `ServiceFailure` if it cannot be read, and `BadFile` if it is too large."""
    try:
        if path.stat().st_size > _LARGEST:
            raise BadFile(path.name, f"{path.stat().st_size:,} bytes are more than such a file may have")
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
    """Accepts the file in one append, then records its rows. The same file resumes where it was interrupted; after
    that, only rows that leave the unmatched items are recorded.
    """
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
    """Accepts the file. Raises `ServiceFailure` if it is refused and no other process has accepted it."""
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
    """Raises `BadFile` for a row that cannot be stored; nothing of the file is recorded then."""
    for row in rows:
        try:
            for command in row.commands:
                command.fingerprint()
        except ValueError as error:
            reason = f"it cannot be recorded: {complaint(error, shows_value=True)}"
            raise BadFile(file.name, reason, line=row.line) from None


def accepted(app: App, file: RawFile, kind: str) -> AcceptedFile:
    """Returns the recorded state of these bytes."""
    return load_stream(app.ledger.reader, 0, file_stream(kind, file.digest), AcceptedFile)


def _count(summary: FileSummary, row: Row, outcomes: Sequence[Outcome]) -> None:
    # A row keeps the commands of its first import, even if they would differ now: people work on its break.
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
