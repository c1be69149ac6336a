"""Recording that an account has exported a list."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from ledger.events.access import AccountRole, ExportFormat, ListExported
from ledger.events.event import Event
from ledger.ids import Id, exports_stream
from ledger.instants import Day
from ledger.streams.access import ExportsOfDay


class RecordExport(Command, name="record_export"):
    """Records that the account takes a whole list away, and at which positions. The service submits it before it sends
    the list. The same list in the same format is recorded once a day."""

    account_id: Id
    role: AccountRole
    scope: Id | None = None
    question: Id
    filters: dict[Id, str] = {}
    format: ExportFormat
    positions: dict[int, int]
    day: Day

    @property
    def stream(self) -> str:
        return exports_stream(self.account_id, self.day)


def decide(command: RecordExport, exports: ExportsOfDay, rules: Rules) -> Iterator[Event]:
    exported = ListExported(
        account_id=command.account_id,
        role=command.role,
        scope=command.scope,
        question=command.question,
        filters=command.filters,
        format=command.format,
        positions=command.positions,
        day=command.day,
    )
    if not exports.has(exported):
        yield exported
