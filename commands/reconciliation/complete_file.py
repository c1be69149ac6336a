"""Noting that every row of an accepted file has been dealt with."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import Sha256
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.files import FileRecorded
from ledger.ids import Id, file_stream
from ledger.numbers import Count
from ledger.streams.files import AcceptedFile


class CompleteFile(Command, name="complete_file"):
    """Records that a file was imported to its end; `refused` counts its rows that were not recorded. Importing the same
    file again changes nothing."""

    kind: Id
    digest: Sha256
    refused: Count

    @property
    def stream(self) -> str:
        return file_stream(self.kind, self.digest)


def decide(command: CompleteFile, file: AcceptedFile, rules: Rules) -> Iterator[Event]:
    if file.accepted is None or file.recorded:
        return
    yield FileRecorded(
        kind=command.kind,
        digest=command.digest,
        rows=file.accepted.rows,
        refused=command.refused,
        recorded_at=command.decided_at,
    )
