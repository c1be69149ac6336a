"""Imports bank statements: matches each entry with a payout, a deposit or another payment, or opens a break."""

from __future__ import annotations

from ledger.ids import PLATFORM_BOOK, bank_account_stream
from ledger.streams.files import BankAccount
from ledger.streams.loader import load_each
from projections.reconciliation.expected_at_bank import Expectation, ExpectedAtBank, expected_under
from service.adapters.bank.camt.statements import CamtFile, read_camt
from service.app import App
from service.formats.days import last_day
from service.formats.unread import refuse_if_all
from service.formats.xml_lines import raw_xml
from service.intake.files import FileSummary, Progress, import_rows
from service.intake.paid_already import paid_already
from service.intake.unread_rows import unread_rows
from service.partner_facts.bank import BankStatement, BankStatementsReported
from service.partner_facts.bodies import UnreadItem
from service.partner_facts.files import RawFile
from service.partner_reports.bank_statements import KIND, words_of
from service.partner_reports.file_references import FileReferences
from service.partner_reports.table import rows_of


def import_camt(
    app: App, file: RawFile, *, bank: str = "bank", progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Imports a camt.053 file: accepts it, records its statements and keeps unusable parts. Raises `BadFile`."""
    read = read_camt(file.name, file.content, last=last_day(app.clock()))
    statements, unread = _new(app, file, read)
    app.catch_up([ExpectedAtBank()])
    expected = _expected(app, statements)
    paid = paid_already(app, (each for found in expected.values() for each in found))
    known = FileReferences(now=app.clock(), expected=expected, paid=paid)
    rows = rows_of(BankStatementsReported(bank, file, tuple(statements)), known)
    rows += unread_rows(file, [*unread, *(item for each in statements for item in each.unread)], system=bank)
    header = {each.stream.partition("/")[2]: f"{each.opening} → {each.closing}" for each in statements}
    return import_rows(app, file, kind=KIND, partner=bank, header=header, rows=rows, progress=progress)


def _new(app: App, file: RawFile, read: CamtFile) -> tuple[list[BankStatement], list[UnreadItem]]:
    """Returns the statements to record and the unread items. A known statement in a file with other bytes is unusable.

    Raises `BadFile` if no statement is left.
    """
    books = {bank_account_stream(each.account, each.currency): PLATFORM_BOOK for each in read.statements}
    accounts = load_each(app.ledger.reader, books, BankAccount)
    new: list[BankStatement] = []
    unread = list(read.unread)
    for statement in read.statements:
        account = accounts[bank_account_stream(statement.account, statement.currency)]
        known = account.known(statement.statement_id, statement.closed_on, statement.page)
        if known is None or known.digest == file.digest:
            new.append(statement)
            continue
        reason = f"the statement {statement.statement_id} of {statement.account} was imported before from another file"
        unread.append(UnreadItem(statement.line, reason, raw_xml(statement.element)))
    refuse_if_all(file.name, unread, understood=bool(new))
    return new, unread


def _expected(app: App, statements: list[BankStatement]) -> dict[str, list[Expectation]]:
    """Returns the expected movements by each reference or word that occurs in the entries."""
    words = {word for statement in statements for entry in statement.entries for word in words_of(entry)}
    found: dict[str, list[Expectation]] = {}
    for expectation in expected_under(app.views, sorted(words)):
        found.setdefault(expectation.reference, []).append(expectation)
    return found
