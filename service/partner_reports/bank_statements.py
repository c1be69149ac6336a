"""Reports of bank statements: each entry with the payout, deposit or other payment that it shows."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time

from commands.command import Command
from commands.payouts.report_payout_paid import ReportPayoutPaid
from commands.payouts.report_payout_returned import ReportPayoutReturned
from commands.reconciliation.report_bank_entry import ReportBankEntry
from commands.reconciliation.report_bank_statement import ReportBankStatement
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.actors import Actor, Source
from ledger.events.files import BankMatch
from ledger.ids import command_id
from ledger.money import Money
from ledger.references import number_key
from projections.reconciliation.expected_at_bank import Expectation
from service.partner_facts.bank import BankEntry, BankStatement, BankStatementsReported
from service.partner_facts.files import FileName
from service.partner_reports.file_references import FileReferences
from service.partner_reports.rows import Row

KIND = "camt053"
_LONGEST = 140  # longest reference kept, in characters
_UNSAID = "RETURNED"  # code of a return for which the bank gives no reason


def statement_rows(fact: BankStatementsReported, known: FileReferences) -> Iterator[Row]:
    """Yields the rows of a bank's statements and their entries."""
    shown = _Shown(known.expected, known.paid)
    for statement in fact.statements:
        yield from _Rows(fact.file, fact.bank, statement, shown, known.now).rows()


def words_of(entry: BankEntry) -> Iterator[str]:
    """Yields the references and texts of an entry, then their words: an end-to-end id may stand in a
    remittance text.
    """
    said = (*entry.references, *entry.texts)
    yield from said
    yield from map(number_key, said)  # our books hold the digest of a long reference
    for reference in said:
        yield from reference.split()


_Movement = tuple[str, str, str]


def _movement(expectation: Expectation) -> _Movement:
    return expectation.stream, expectation.kind, expectation.movement


class _Shown:
    """The expected movements, and those that were reported or shown already: before this file, or earlier in it."""

    def __init__(self, expected: Mapping[str, Sequence[Expectation]], paid: Collection[str]) -> None:
        self.expected, self.paid = expected, paid
        self._entries: dict[str, str] = {}  # payout → its entry
        self._taken: dict[_Movement, str] = {}  # movement → its entry in this file

    def is_another(self, payout: Expectation, entry: str) -> bool:
        """Returns True if another entry has shown the payout, so that it was paid twice."""
        return self._entries.setdefault(payout.reference, payout.entry or entry) != entry

    def is_free(self, expectation: Expectation, entry: str) -> bool:
        """Returns True if no other entry has shown this movement."""
        return (expectation.entry or self._taken.get(_movement(expectation), entry)) == entry

    def take(self, expectation: Expectation, entry: str) -> None:
        self._taken.setdefault(_movement(expectation), entry)


class _Rows:
    """Makes the commands of one statement: the statement, then its entries."""

    def __init__(self, file: FileName, bank: str, statement: BankStatement, shown: _Shown, now: datetime) -> None:
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
            page=statement.page,
        )
        yield Row(statement.line, (whole,))
        for entry in statement.entries:
            yield Row(entry.line, tuple(self._commands(entry)))

    def _commands(self, entry: BankEntry) -> Iterator[Command]:
        """Yields the report on the entry's payout, if there is one, and the report of the entry, with charges as a
        separate one.
        """
        match = self._match(entry)
        if entry.charges and self._are_apart(entry, match):
            yield self._charge(entry, entry.charges)
            entry = replace(entry, amount=entry.without_charges, charges=None)
            match = self._match(entry) if entry.amount else None
        if entry.amount:
            yield from self._payment(entry, match)

    def _are_apart(self, entry: BankEntry, match: Expectation | None) -> bool:
        """Returns True if the entry contains its charges: the bank says so, or the entry without them has the expected
        amount. False if the whole entry has the expected amount.
        """
        if match and match.amount == entry.amount:
            return False
        without = self._match(replace(entry, amount=entry.without_charges)) if entry.without_charges else None
        return entry.are_included or (without is not None and without.amount == entry.without_charges)

    def _charge(self, entry: BankEntry, charges: Money) -> Command:
        ref = f"{entry.ref}.charges" if entry.without_charges else entry.ref
        return self._report(replace(entry, ref=ref, amount=charges), matched_to="bank_charge", expected=charges)

    def _payment(self, entry: BankEntry, match: Expectation | None) -> Iterator[Command]:
        if match:
            self._shown.take(match, self._name(entry))
        expected, matched_to = match.amount if match else None, match.kind if match else None
        if match and match.kind == "payout" and entry.amount.minor < 0:
            again = self._shown.is_another(match, self._name(entry))
            if again or match.reference not in self._shown.paid:  # otherwise the bank's payment status has reported it
                yield ReportPayoutPaid(**self._payout("paid", entry, match))
            if again:
                expected, matched_to = None, None
        elif match and match.kind == "payout":
            yield ReportPayoutReturned(**self._payout("returned", entry, match), code=entry.return_code or _UNSAID)
            expected, matched_to = -match.amount, "payout_return"
        reference = match.reference if match else next(iter(entry.references), "")[:_LONGEST]
        yield self._report(entry, matched_to=matched_to, expected=expected, reference=reference)

    def _report(
        self, entry: BankEntry, *, matched_to: BankMatch | None, expected: Money | None, reference: str = ""
    ) -> Command:
        return ReportBankEntry(
            **self._envelope("entry", entry.line, entry.booked_on, entry.ref),
            account=self._statement.account,
            statement_id=self._statement.statement_id,
            closed_on=self._statement.closed_on,
            page=self._statement.page,
            entry_ref=entry.ref,
            amount=entry.amount,
            value_date=entry.value_date,
            reference=reference,
            matched_to=matched_to,
            expected=expected,
        )

    def _match(self, entry: BankEntry) -> Expectation | None:
        """Returns the expected movement that the entry matches, in the same currency, preferably of the same amount, or
        at least in the same direction. Only a payout may have been shown before: it may be paid twice or returned.
        """
        found = [each for word in words_of(entry) for each in self._shown.expected.get(word, ())]
        same = [each for each in found if each.amount.currency == entry.amount.currency]
        free = [each for each in same if self._shown.is_free(each, self._name(entry))]
        exact = [each for each in (*free, *same) if each.amount == entry.amount]
        alike = [each for each in free if (each.amount.minor < 0) == (entry.amount.minor < 0)]
        chosen = next(iter(exact or alike or free or same), None)
        if chosen is None or not (chosen in free or chosen.kind == "payout"):
            return None
        return chosen

    def _name(self, entry: BankEntry) -> str:
        return f"{self._statement.stream.partition('/')[2]}/{entry.ref}"

    def _payout(self, what: str, entry: BankEntry, match: Expectation) -> dict[str, object]:
        amount = Money(abs(entry.amount.minor), entry.amount.currency)
        return self._envelope(what, entry.line, entry.booked_on, entry.ref) | {
            "merchant_id": match.merchant,
            "payout_id": match.reference,
            "amount": amount,
            "bank_ref": self._name(entry),
            "value_date": entry.value_date,
        }

    def _envelope(self, what: str, line: int, day: date, ref: str = "") -> dict[str, object]:
        noon = datetime.combine(day, time(12), ACCOUNTING_ZONE)  # the bank gives a day without a time
        return {
            "id": command_id(what, self._statement.stream, self._file.digest, ref),
            "actor": self._actor,
            "source": Source(system=KIND, external_id=f"{self._file.name}:{line}"),
            "occurred_at": min(noon, self._now),
        }
