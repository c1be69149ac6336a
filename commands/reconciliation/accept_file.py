"""Accepting a partner's file: its header and digest are recorded before its rows."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import Sha256
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.files import FileAccepted
from ledger.ids import Id, file_stream
from ledger.numbers import Count
from ledger.streams.files import AcceptedFile


class AcceptFile(Command, name="accept_file"):
    """The file was validated whole. The same bytes again are nothing new."""

    kind: Id
    digest: Sha256
    file_name: str = ""
    partner: Id
    rows: Count
    header: dict[str, str] = {}

    @property
    def stream(self) -> str:
        return file_stream(self.kind, self.digest)


def decide(command: AcceptFile, file: AcceptedFile, rules: Rules) -> Iterator[Event]:
    if file.accepted:
        return
    yield FileAccepted(
        kind=command.kind,
        digest=command.digest,
        file_name=command.file_name,
        partner=command.partner,
        rows=command.rows,
        header=command.header,
        accepted_at=command.decided_at,
    )
