"""Balances of each merchant and account, and every journal line with its running balance, from entries alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Date, DateTime, SmallInteger, Text, Uuid

from ledger.journal.accounts import BANK_CNY
from ledger.log.rows import Recorded
from projections.engine.batch import Batch, KeptRows, Key, Row
from projections.engine.columns import minor_column, sum_column
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table

# the dimensions of a balance; '' for a dimension that a line does not name
_KEY = ("merchant", "account", "psp", "currency")


def _key_columns() -> tuple[Column[Any], ...]:
    return tuple(Column(name, Text(collation="C"), primary_key=True) for name in _KEY)


def _sum_columns(prefix: str = "") -> tuple[Column[Any], ...]:
    """Returns two sum columns in minor units, debit positive: in the line's currency, and in CNY."""
    return tuple(sum_column(prefix + name) for name in ("amount", "base"))


BALANCES = kept_table("account_balances", *_key_columns(), *_sum_columns())
DAYS = kept_table(
    "account_days",  # sums of each accounting day, and the first and last position that changed them
    *_key_columns(),
    Column("accounting_date", Date, primary_key=True),
    *_sum_columns(),
    Column("first_position", BigInteger, nullable=False),
)
LINES = appended_table(
    "journal_lines",
    Column("line_no", SmallInteger, primary_key=True, autoincrement=False),
    *(Column(name, Text(collation="C")) for name in _KEY),
    minor_column("amount"),
    minor_column("base"),
    *_sum_columns("running_"),
    Column("order_id", Text(collation="C")),
    Column("event_id", Uuid, nullable=False),
    Column("type", Text(collation="C")),
    Column("accounting_date", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    indexes=[(*_KEY, "position", "line_no")],
)


@dataclass(slots=True)
class _Move:
    """One line of an entry, with the key of its balance."""

    recorded: Recorded
    recorded_at: str  # as text, which is made once for an event and not once for a line
    line_no: int
    key: Key
    amount: int
    base: int
    order: str


class MerchantBalances(Projection):
    """Sums the journal entry of every event, so that a new type of event needs no edit here."""

    name = "merchant_balances"
    version = 2
    tables = (BALANCES, DAYS, LINES)
    entries_only = True

    def fold(self, batch: Batch) -> None:
        moves = [move for recorded in batch.events for move in _moves(recorded)]
        balances = _Sums(batch.rows(BALANCES), [move.key for move in moves])
        days = _Sums(batch.rows(DAYS), [(*move.key, move.recorded.accounting_date) for move in moves])
        lines = batch.lines(LINES)
        for move in moves:
            recorded, position = move.recorded, move.recorded.position
            days.add((*move.key, recorded.accounting_date), move, first_position=position)
            running = balances.add(move.key, move)
            lines.append(
                (
                    batch.book, position, move.line_no, *move.key, move.amount, move.base, running["amount"],
                    running["base"], move.order, recorded.event_id, recorded.type, recorded.accounting_date,
                    move.recorded_at,
                )
            )  # fmt: skip
        balances.keep()
        days.keep()


class _Sums:
    """Running sums of one table by key; `keep` writes them back once for a batch."""

    def __init__(self, rows: KeptRows, keys: list[Key]) -> None:
        rows.load(keys)
        self._kept = rows
        self._rows: dict[Key, Row] = {}
        self._changed_at: dict[Key, int] = {}

    def add(self, key: Key, move: _Move, **first: int) -> Row:
        """Adds the move and returns the row; `first` holds column values of a new row."""
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = self._kept.get(*key) or self._new(key, first)
        row["amount"] += move.amount
        row["base"] += move.base
        self._changed_at[key] = move.recorded.position
        return row

    def keep(self) -> None:
        for key, row in self._rows.items():
            self._kept.put(row, at=self._changed_at[key])

    def _new(self, key: Key, first: dict[str, int]) -> Row:
        return dict(zip(self._kept.key, key, strict=True)) | {"amount": 0, "base": 0} | first


def _moves(recorded: Recorded) -> Iterator[_Move]:
    lines = recorded.lines
    owner, recorded_at = _owner(lines), str(recorded.recorded_at)
    for number, line in enumerate(lines, 1):
        account = line["account"]
        merchant = line.get("merchant") or (owner if account == BANK_CNY.code else "")
        key = (merchant, account, line.get("psp", ""), line["currency"])
        yield _Move(recorded, recorded_at, number, key, line["amount"], line["base"], line.get("order", ""))


def _owner(lines: list[dict[str, Any]]) -> str:
    """Returns the merchant of an entry, or ''. A bank line beside a merchant's accounts is a payout or its return."""
    return next((line["merchant"] for line in lines if "merchant" in line), "")
