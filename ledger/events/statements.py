"""Settlement runs, which fix a cut-off for all merchants, and the statements of what became of each one's money."""

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
    """What the lines of one kind come to (CNY, what the merchant gains positive), and how many they are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: StatementKind
    amount: Money
    lines: int


class SettlementStatementIssued(Event, name="statement.issued", version=1):
    """The merchant was shown what became of its available money (2120) between two positions of its book.

    The next statement begins where this one ends: positions are what it is cut by, the instants say when they stood.
    """

    statement_id: Id
    merchant_id: Id
    number: int  # the merchant's first is 1
    run_id: Id | None
    book: int
    after_position: int
    upto_position: int
    period_from: datetime | None
    period_to: datetime
    opening: Money
    totals: tuple[StatementTotal, ...]
    closing: Money
    lines_hash: str  # SHA-256 of the canonical lines, so that it can be issued again byte for byte
    issued_at: datetime


class SettlementRunStarted(Event, name="settlement_run.started", version=1):
    """Releases, statements and payouts of this run derive from the cut-off and the positions of the books alone."""

    run_id: Id
    cut_off: datetime
    positions: dict[int, int]
    started_at: datetime


class SettlementRunCompleted(Event, name="settlement_run.completed", version=1):
    """The run has dealt with every merchant."""

    run_id: Id
    merchants: int
    statements: int
    payouts: int
    paid: Money
    refused: dict[str, int]  # by code
    completed_at: datetime
