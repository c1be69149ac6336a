"""Bank statements into the ledger: each entry matched to a payout, a deposit or a payment of ours, or a break."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

from commands.command import Command
from commands.recording import ACCOUNTING_ZONE
from commands.report_bank_entry import ReportBankEntry
from commands.report_bank_statement import ReportBankStatement
from commands.report_payout_paid import ReportPayoutPaid
from commands.report_payout_returned import ReportPayoutReturned
from ledger.ids import bank_account_stream
from ledger.log.directory import PLATFORM_BOOK
from ledger.money import Money
from ledger.references import number_key
from ledger.streams.files import BankAccount
from ledger.streams.loading import load_each
from ledger.who import Actor, Source
from projections.expected_at_bank import Expectation, ExpectedAtBank, expected_under
from service.adapters.bank.camt import read_camt
from service.adapters.bank.paid_already import paid_already
from service.adapters.bank.statement import BankEntry, BankStatement
from service.adapters.files.bad_file import BadFile
from service.adapters.files.days import check_days
from service.adapters.files.importing import FileSummary, Progress, RawFile, Row, import_rows
from service.app import App

KIND = "camt053"
_LONGEST = 140  # characters of a reference that are kept
_UNSAID = "RETURNED"  # where the bank gives no reason


def import_camt(
    app: App, file: RawFile, *, bank: str = "bank", progress: Progress = lambda _done, _total: None
) -> FileSummary:
    """Validate the file whole, accept it, record it. Raises `BadFile`."""
    statements = read_camt(file.name, file.content)
    check_days(file.name, _days(statements), app.clock())
    _check_new(app, file, statements)
    app.catch_up([ExpectedAtBank()])
    expected = _expected(app, statements)
    shown = _Shown(expected, paid_already(app, (each for found in expected.values() for each in found)))
    rows = [row for statement in statements for row in _Rows(file, bank, statement, shown, app.clock()).rows()]
    header = {f"{each.account}/{each.statement_id}": f"{each.opening} → {each.closing}" for each in statements}
    return import_rows(app, file, kind=KIND, partner=bank, header=header, rows=rows, progress=progress)


def _days(statements: list[BankStatement]) -> Iterator[tuple[int, date]]:
    for statement in statements:
        yield from ((statement.line, day) for day in (statement.opened_on, statement.closed_on))
        for entry in statement.entries:
            yield from ((entry.line, day) for day in (entry.booked_on, entry.value_date))


def _check_new(app: App, file: RawFile, statements: list[BankStatement]) -> None:
    """The same statement in other bytes is not the same statement."""
    books = {bank_account_stream(statement.account): PLATFORM_BOOK for statement in statements}
    accounts = load_each(app.ledger.reader, books, BankAccount)
    for statement in statements:
        known = accounts[bank_account_stream(statement.account)].digests.get(statement.statement_id)
        if known not in (None, file.digest):
            reason = f"the statement {statement.statement_id} of {statement.account} came before, in another file"
            raise BadFile(file.name, reason, line=statement.line)


def _expected(app: App, statements: list[BankStatement]) -> dict[str, list[Expectation]]:
    """What our books expect under any word that the bank gives with an entry."""
    words = {word for statement in statements for entry in statement.entries for word in _words(entry)}
    found: dict[str, list[Expectation]] = {}
    for expectation in expected_under(app.views, sorted(words)):
        found.setdefault(expectation.reference, []).append(expectation)
    return found


def _words(entry: BankEntry) -> Iterator[str]:
    """The references as they are, then each word of them: an end-to-end id may stand in the remittance text."""
    said = (*entry.references, *entry.texts)
    yield from said
    yield from map(number_key, said)  # of a long one our books hold the digest
    for reference in said:
        yield from reference.split()


_Movement = tuple[str, str, str]


def _movement(expectation: Expectation) -> _Movement:
    return expectation.stream, expectation.kind, expectation.movement


class _Shown:
    """What our books expect, and what of it was told or shown before this file and in it so far."""

    def __init__(self, expected: dict[str, list[Expectation]], paid: set[str]) -> None:
        self.expected, self.paid = expected, paid
        self._entries: dict[str, str] = {}  # payout → the entry that is it
        self._taken: dict[_Movement, str] = {}  # → the entry of this file that is it

    def is_another(self, payout: Expectation, entry: str) -> bool:
        """Whether another entry than this one has shown the payout already: it left twice."""
        return self._entries.setdefault(payout.reference, payout.entry or entry) != entry

    def is_free(self, expectation: Expectation, entry: str) -> bool:
        """Whether no other entry than this one is it."""
        return (expectation.entry or self._taken.get(_movement(expectation), entry)) == entry

    def take(self, expectation: Expectation, entry: str) -> None:
        self._taken.setdefault(_movement(expectation), entry)


class _Rows:
    """The commands of one statement: itself, then its entries."""

    def __init__(self, file: RawFile, bank: str, statement: BankStatement, shown: _Shown, now: datetime) -> None:
        self._file, self._statement, self._shown, self._now = file, statement, shown, now
        self._actor = Actor(kind="partner", id=bank, role="bank")

    def rows(self) -> Iterator[Row]:
        statement = self._statement
        whole = ReportBankStatement(
            **self._envelope("statement", statement.line, statement.closed_on),
            account=statement.account,
            statement_id=statement.statement_id,
            digest=self._file.digest,
            opening=statement.opening,
            closing=statement.closing,
            opened_on=statement.opened_on,
            closed_on=statement.closed_on,
            entries=len(statement.entries),
        )
        yield Row(statement.line, (whole,))
        for entry in statement.entries:
            yield Row(entry.line, tuple(self._commands(entry)))

    def _commands(self, entry: BankEntry) -> Iterator[Command]:
        """What the entry does to a payout, if it is about one; and that the bank has shown it."""
        match = self._match(entry)
        expected, matched_to = match.amount if match else None, match.kind if match else None
        if match and match.kind == "payout" and entry.amount.minor < 0:
            again = self._shown.is_another(match, self._name(entry))
            if again or match.reference not in self._shown.paid:  # else it was told by the bank's answer before
                yield ReportPayoutPaid(**self._payout("paid", entry, match))
            if again:
                expected, matched_to = None, None
        elif match and match.kind == "payout":
            yield ReportPayoutReturned(**self._payout("returned", entry, match), code=entry.return_code or _UNSAID)
            expected, matched_to = -match.amount, "payout_return"
        yield ReportBankEntry(
            **self._envelope("entry", entry.line, entry.booked_on, entry.ref),
            account=self._statement.account,
            statement_id=self._statement.statement_id,
            entry_ref=entry.ref,
            amount=entry.amount,
            value_date=entry.value_date,
            reference=match.reference if match else next(iter(entry.references), "")[:_LONGEST],
            matched_to=matched_to,
            expected=expected,
        )

    def _match(self, entry: BankEntry) -> Expectation | None:
        """What was expected under one of its words, in its currency, and that no other entry has shown; the same amount
        before another. Of payouts also one that was shown before: it may have left twice, or come back."""
        found = [each for word in _words(entry) for each in self._shown.expected.get(word, ())]
        same = [each for each in found if each.amount.currency == entry.amount.currency]
        free = [each for each in same if self._shown.is_free(each, self._name(entry))]
        exact = [each for each in (*free, *same) if each.amount == entry.amount]
        chosen = next(iter(exact or free or same), None)
        if chosen is None or not (chosen in free or chosen.kind == "payout"):
            return None
        self._shown.take(chosen, self._name(entry))
        return chosen

    def _name(self, entry: BankEntry) -> str:
        return f"{self._statement.account}/{self._statement.statement_id}/{entry.ref}"

    def _payout(self, what: str, entry: BankEntry, match: Expectation) -> dict[str, object]:
        amount = Money(abs(entry.amount.minor), entry.amount.currency)
        return self._envelope(what, entry.line, entry.booked_on, entry.ref) | {
            "merchant_id": match.merchant,
            "payout_id": match.reference,
            "amount": amount,
            "bank_ref": f"{self._statement.statement_id}/{entry.ref}",
            "value_date": entry.value_date,
        }

    def _envelope(self, what: str, line: int, day: date, ref: str = "") -> dict[str, object]:
        noon = datetime.combine(day, time(12), ACCOUNTING_ZONE)  # the bank names a day, no instant
        return {
            "id": self._file.command_id(self._statement.statement_id, what, ref),
            "actor": self._actor,
            "source": Source(system=KIND, external_id=f"{self._file.name}:{line}"),
            "occurred_at": min(noon, self._now),
        }
