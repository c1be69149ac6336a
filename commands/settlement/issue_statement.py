"""Issuing a merchant's settlement statement: it begins where the last one ended, and it foots."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from pydantic import model_validator

from commands.command import Command
from commands.fields import Sha256
from commands.limits import SUMS, Limits
from commands.payouts.merchant_money import in_cny
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.statements import SettlementStatementIssued, StatementTotal
from ledger.fx import CNY
from ledger.ids import Id, account_guard, statements_stream
from ledger.instants import Instant
from ledger.money import Money, total
from ledger.numbers import Count, Position
from ledger.refusals.finance import StatementGap, StatementOutdated, StatementUnbalanced
from ledger.streams.statements import Statements


class IssueStatement(Command, name="issue_statement"):
    """Issues a statement of the merchant's available money after `after_position`, up to `upto_position` of its book.

    `account_version`, where named, is the version of the merchant's account that the closing balance was read at: the
    statement is then of this moment. A settlement run leaves it out, since its cut-off lies behind.
    """

    limits: ClassVar[Limits] = SUMS

    merchant_id: Id
    statement_id: Id
    run_id: Id | None = None
    book: Count
    after_position: Position
    upto_position: Position
    period_from: Instant | None = None
    period_to: Instant
    opening: Money
    totals: tuple[StatementTotal, ...] = ()
    closing: Money
    lines_hash: Sha256
    account_version: Position | None = None

    @model_validator(mode="after")
    def _goes_forward(self) -> Self:
        if self.upto_position < self.after_position:
            raise ValueError("a statement does not end before it begins")
        return self

    @property
    def stream(self) -> str:
        return statements_stream(self.merchant_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (account_guard(self.merchant_id),) if self.account_version is not None else ()


def decide(command: IssueStatement, statements: Statements, rules: Rules) -> Iterator[Event]:
    if command.statement_id in statements.ids:
        return
    _check_follows(command, statements)
    _check_foots(command)
    _check_current(command, rules)
    yield SettlementStatementIssued(
        statement_id=command.statement_id,
        merchant_id=command.merchant_id,
        number=statements.last.number + 1 if statements.last else 1,
        run_id=command.run_id,
        book=command.book,
        after_position=command.after_position,
        upto_position=command.upto_position,
        period_from=command.period_from,
        period_to=command.period_to,
        opening=command.opening,
        totals=command.totals,
        closing=command.closing,
        lines_hash=command.lines_hash,
        issued_at=command.decided_at,
    )


def _check_follows(command: IssueStatement, statements: Statements) -> None:
    """Consecutive statements tile."""
    last = statements.last
    position, balance = (last.upto_position, last.closing) if last else (0, Money.zero(CNY))
    if command.after_position != position:
        raise StatementGap(field="position", given=str(command.after_position), expected=str(position))
    if in_cny(command.opening) != balance:
        raise StatementGap(field="balance", given=str(command.opening), expected=str(balance))


def _check_foots(command: IssueStatement) -> None:
    due = command.opening + total([in_cny(part.amount) for part in command.totals], CNY)
    if in_cny(command.closing) != due:
        raise StatementUnbalanced(what="opening with totals", given=str(command.closing), expected=str(due))


def _check_current(command: IssueStatement, rules: Rules) -> None:
    if command.account_version is None:
        return
    account = rules.account(command.merchant_id)
    if account.version != command.account_version:
        raise StatementOutdated(given=command.account_version, current=account.version)
    if account.available != command.closing:
        available = str(account.available)
        raise StatementUnbalanced(what="the available balance", given=str(command.closing), expected=available)
