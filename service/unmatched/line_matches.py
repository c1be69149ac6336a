"""Reports unmatched lines of settlement reports to the order that a person names."""

from __future__ import annotations

from collections.abc import Iterator

from commands.bus.outcome import Outcome
from commands.command import Command
from commands.settlement.report_psp_settlement import ReportPspSettlement
from ledger.streams.reference_data import UnmatchedItem
from service.app import App
from service.partner_facts.payments import Order
from service.partner_facts.settlement import SettlementReported
from service.partner_reports.file_references import FileReferences
from service.partner_reports.known_lines import KnownLines, Part
from service.partner_reports.noted_lines import NotedLine, noted_line
from service.partner_reports.settlement_batches import BatchCommands


def commands_for(app: App, psp: str, noted: NotedLine, known: KnownLines) -> BatchCommands:
    """Returns the commands of the batch that the line was noted of."""
    books = FileReferences(now=app.clock(), lines=known)
    return BatchCommands(SettlementReported(psp, noted, noted.batch), books, noted.payout_currency)


def report_lines(app: App, item: UnmatchedItem, order: Order) -> list[Outcome]:
    """Reports all lines noted under the item to the order, with the ids that the timer would give them. Raises
    `ViewBehind`.
    """
    noted = [line for note in item.noted if (line := noted_line(note))]
    return app.bus.submit(list(_reports(app, item.name.split("/")[1], noted, order))) if noted else []


def _reports(app: App, psp: str, noted: list[NotedLine], order: Order) -> Iterator[Command]:
    known = KnownLines.of(app, psp, [each.line for each in noted])
    for each in noted:
        commands = commands_for(app, psp, each, known).out_of_the_unmatched_items(each.line, [Part(each.line, order)])
        yield from (command for command in commands if isinstance(command, ReportPspSettlement))
