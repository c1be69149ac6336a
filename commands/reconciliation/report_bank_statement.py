"""Reports a bank statement as a whole: balances, days and number of entries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from commands.command import Report
from commands.contradictions import break_once
from commands.fields import Sha256
from commands.limits import SUMS, Limits
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.files import BankStatementImported
from ledger.ids import bank_account_stream
from ledger.instants import Day
from ledger.money import Money
from ledger.numbers import Count, Quantity
from ledger.references import Reference
from ledger.streams.files import BankAccount


class ReportBankStatement(Report, name="report_bank_statement"):
    """Records the opening and closing balance of a bank account, positive if the bank owes us.

    Entries are reported one by one. A statement of several pages is reported page by page, each with its own balances.
    """

    limits: ClassVar[Limits] = SUMS

    account: Reference
    statement_id: Reference
    digest: Sha256
    opening: Money
    closing: Money
    opened_on: Day
    closed_on: Day
    entries: Count
    page: Quantity = 1

    @property
    def stream(self) -> str:
        return bank_account_stream(self.account, self.opening.currency)


def decide(report: ReportBankStatement, account: BankAccount, rules: Rules) -> Iterator[Event]:
    if account.known(report.statement_id, report.closed_on, report.page):
        return
    yield BankStatementImported(
        account=report.account,
        statement_id=report.statement_id,
        digest=report.digest,
        opening=report.opening,
        closing=report.closing,
        opened_on=report.opened_on,
        closed_on=report.closed_on,
        entries=report.entries,
        imported_at=report.decided_at,
        page=report.page,
    )
    before = account.before(report.closed_on, report.page)
    after = account.after_day(report.closed_on, report.page)
    if before and before.closing != report.opening:
        yield from _gap(report, account, before.statement_id, before.closing, report.statement_id, report.opening)
    if after and after.opening != report.closing:
        yield from _gap(report, account, report.statement_id, report.closing, after.statement_id, after.opening)


def _gap(
    report: ReportBankStatement, account: BankAccount, before: str, closing: Money, after: str, opening: Money
) -> Iterator[Event]:
    refs = {"account": report.account, "currency": opening.currency, "statement_id": after, "opening": str(opening)}
    yield from break_once(
        account.known_breaks,
        kind="bank_gap",
        expected=f"{before} closed at {closing}",
        actual=f"{after} opens at {opening}",
        refs=refs,
        at=report.decided_at,
    )
