"""Turnovers of every account by accounting day and month, for the trial balance of any day and instant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Text

from ledger.log.rows import Recorded
from projections.engine.batch import Batch, KeptRows, Key, Row
from projections.engine.columns import sum_column
from projections.engine.projection import Projection
from projections.engine.tables import appended_table, kept_table

_KEY = ("account", "currency")
SUMS = ("debit", "credit", "debit_base", "credit_base")  # minor units; the last two are in CNY


def _texts(*, key: bool) -> tuple[Column[Any], ...]:
    return tuple(Column(name, Text(collation="C"), primary_key=key) for name in _KEY)


def _sums() -> tuple[Column[Any], ...]:
    return tuple(map(sum_column, SUMS))


MONTHS = kept_table(
    "turnover_months",
    *_texts(key=True),
    Column("month", Date, primary_key=True),  # the first day of the month
    *_sums(),
    Column("first_position", BigInteger, nullable=False),
    indexes=[("month",)],
)
DAYS = kept_table(
    "turnover_days",
    *_texts(key=True),
    Column("accounting_date", Date, primary_key=True),
    *_sums(),
    Column("first_position", BigInteger, nullable=False),
    indexes=[("accounting_date",)],
)
MOVES = appended_table(
    "turnover_moves",  # one row for each event and account, for days that a later event changed
    Column("account", Text(collation="C"), primary_key=True),
    Column("currency", Text(collation="C"), primary_key=True),
    Column("accounting_date", Date, nullable=False),
    *_sums(),
    indexes=[(*_KEY, "accounting_date", "position")],
)


@dataclass(slots=True)
class _Move:
    """The turnover of one event on one account: debit, credit, debit in CNY, credit in CNY, all in minor units."""

    position: int
    key: Key
    day: date
    sums: list[int]


class AccountTurnovers(Projection):
    """Sums the journal entry of every event by account and currency.

    It keeps no merchants, so a year of days stays small.
    """

    name = "account_turnovers"
    version = 2
    tables = (MONTHS, DAYS, MOVES)
    entries_only = True

    def fold(self, batch: Batch) -> None:
        moves = [move for recorded in batch.events for move in _moves(recorded)]
        _add(batch.rows(MONTHS), "month", ((move.day.replace(day=1), move) for move in moves))
        _add(batch.rows(DAYS), "accounting_date", ((move.day, move) for move in moves))
        batch.lines(MOVES).extend((batch.book, move.position, *move.key, move.day, *move.sums) for move in moves)


def _add(rows: KeptRows, named: str, moves: Iterable[tuple[date, _Move]]) -> None:
    by_key: dict[Key, list[_Move]] = {}
    for day, move in moves:
        by_key.setdefault((*move.key, day), []).append(move)
    rows.load(by_key)
    for key, group in by_key.items():
        row: Row = rows.get(*key) or dict(zip((*_KEY, named), key, strict=True)) | dict.fromkeys(SUMS, 0) | {
            "first_position": group[0].position
        }
        for place, name in enumerate(SUMS):
            row[name] += sum(move.sums[place] for move in group)
        rows.put(row, at=group[-1].position)


def _moves(recorded: Recorded) -> Iterator[_Move]:
    by_key: dict[Key, list[int]] = {}
    for line in recorded.lines:
        sums = by_key.setdefault((line["account"], line["currency"]), [0, 0, 0, 0])
        amount, base = line["amount"], line["base"]
        # A line without an amount (only its CNY value changes) counts on the side of the CNY value.
        side = 0 if (amount or base) > 0 else 1
        sums[side] += abs(amount)
        sums[2 + (0 if base > 0 else 1)] += abs(base)
    for key, sums in by_key.items():
        yield _Move(recorded.position, key, recorded.accounting_date, sums)
