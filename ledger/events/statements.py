"""Settlement runs, which fix a cut-off for all merchants, and the merchants' statements."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from ledger.events.event import Event
from ledger.ids import Id
from ledger.money import Money

StatementKind = Literal[
    "sale", "fee", "refund", "fee_back", "dispute", "hold", "hold_released", "payout", "payout_returned",
    "adjustment", "write_off",
]  # fmt: skip


class StatementTotal(BaseModel):
    """The sum of a statement's lines of one kind, in CNY (positive for the merchant), and their number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: StatementKind
    amount: Money
    lines: int


class SettlementStatementIssued(Event, name="statement.issued", version=1):
    """The merchant has a statement of its available money (2120) between two positions of its book.

    It covers positions after `after_position` up to `upto_position`; the next statement begins there. `period_from` and
    `period_to` are the instants of these positions. `number` counts the merchant's statements from 1. `lines_hash` is
    the SHA-256 of the canonical lines, so that the statement can be made again byte for byte. Amounts are CNY.
    """

    statement_id: Id
    merchant_id: Id
    number: int  # counts from 1
    run_id: Id | None
    book: int
    after_position: int
    upto_position: int
    period_from: datetime | None
    period_to: datetime
    opening: Money
    totals: tuple[StatementTotal, ...]
    closing: Money
    lines_hash: str  # SHA-256 of the canonical lines
    issued_at: datetime


class SettlementRunStarted(Event, name="settlement_run.started", version=1):
    """A settlement run has started.

    Its releases, statements and payouts depend only on `cut_off` and on `positions`, which maps each book to a
    position.
    """

    run_id: Id
    cut_off: datetime
    positions: dict[int, int]
    started_at: datetime


class SettlementRunCompleted(Event, name="settlement_run.completed", version=1):
    """The run has handled every merchant. `paid` is in CNY; `refused` maps refusal codes to their number."""

    run_id: Id
    merchants: int
    statements: int
    payouts: int
    paid: Money
    refused: dict[str, int]  # by code
    completed_at: datetime
