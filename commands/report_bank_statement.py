"""Reporting what a bank's statement says of an account as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from commands.breaks import break_once
from commands.command import Report
from commands.limits import SUMS, Limits
from commands.rules import Rules
from commands.shapes import Sha256
from ledger.events.event import Event
from ledger.events.files import BankStatementImported
from ledger.ids import bank_account_stream
from ledger.instants import Day
from ledger.money import Money
from ledger.numbers import Count
from ledger.references import Reference
from ledger.streams.files import BankAccount


class ReportBankStatement(Report, name="report_bank_statement"):
    """Opening and closing balance of one account, positive where the bank owes us; entries are reported one by one."""

    limits: ClassVar[Limits] = SUMS

    account: Reference
    statement_id: Reference
    digest: Sha256
    opening: Money
    closing: Money
    opened_on: Day
    closed_on: Day
    entries: Count

    @property
    def stream(self) -> str:
        return bank_account_stream(self.account)


def decide(report: ReportBankStatement, account: BankAccount, rules: Rules) -> Iterator[Event]:
    if report.statement_id in account.digests:
        return
    last = account.last
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
    )
    if last and last.closing != report.opening:
        yield from break_once(
            account.known_breaks,
            kind="bank_gap",
            expected=f"{last.statement_id} closed at {last.closing}",
            actual=f"{report.statement_id} opens at {report.opening}",
            refs={"account": report.account, "statement_id": report.statement_id},
            at=report.decided_at,
        )
