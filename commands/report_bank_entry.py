"""Reporting one entry of a bank's statement: matched to what our books expect, or a break."""

from __future__ import annotations

from collections.abc import Iterator

from commands.breaks import break_once
from commands.command import Report
from commands.rules import Rules
from commands.shapes import RawText
from ledger.events.event import Event
from ledger.events.files import BankEntryMatched, BankMatch
from ledger.ids import bank_statement_stream
from ledger.instants import Day
from ledger.money import Money
from ledger.references import Reference
from ledger.streams.files import BankStatement


class ReportBankEntry(Report, name="report_bank_entry"):
    """`amount` is positive where it came in. `expected` is what it was matched to, and how much that was to be.

    `reference` is the end-to-end reference, or whatever of the bank's own words names what the entry is for.
    """

    account: Reference
    statement_id: Reference
    entry_ref: Reference
    amount: Money
    value_date: Day
    reference: RawText = ""
    matched_to: BankMatch | None = None
    expected: Money | None = None

    @property
    def stream(self) -> str:
        return bank_statement_stream(self.account, self.statement_id)


def decide(report: ReportBankEntry, statement: BankStatement, rules: Rules) -> Iterator[Event]:
    if report.entry_ref in statement.matched:
        return
    if report.matched_to is None or report.expected is None:
        yield from _break(report, statement, kind="bank_unmatched", expected="nothing")
        return
    yield BankEntryMatched(
        account=report.account,
        statement_id=report.statement_id,
        entry_ref=report.entry_ref,
        amount=report.amount,
        value_date=report.value_date,
        matched_to=report.matched_to,
        reference=report.reference,
        expected=report.expected,
        matched_at=report.decided_at,
    )
    if report.expected != report.amount:
        yield from _break(report, statement, kind="amount_mismatch", expected=str(report.expected))


def _break(report: ReportBankEntry, statement: BankStatement, *, kind: str, expected: str) -> Iterator[Event]:
    yield from break_once(
        statement.known_breaks,
        kind=kind,
        expected=expected,
        actual=f"{report.amount} on {report.value_date}",
        refs={
            "account": report.account,
            "statement_id": report.statement_id,
            "entry_ref": report.entry_ref,
            "reference": report.reference[:64],
        },
        at=report.decided_at,
    )
