"""What is left open where nobody says which amount settles which: the oldest goes first."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.money import half_up


@dataclass(slots=True)
class Lot:
    """What of a day's amount is still open, and the CNY it stands at; minor units, debit positive."""

    since: date
    amount: int
    base: int


def open_lots(moves: Iterable[Lot]) -> list[Lot]:
    """The moves, oldest first, with what goes the other way taken off the oldest; together they come to their sum.

    CNY that no amount is left for stands with the newest lot; where there is none, nothing is open.
    """
    lots: deque[Lot] = deque()
    carried = 0
    for move in moves:
        carried += move.base
        left = Lot(move.since, move.amount, move.base)
        while left.amount and lots and (lots[0].amount > 0) is not (left.amount > 0):
            taken = min(abs(lots[0].amount), abs(left.amount))
            _take(lots[0], taken)
            _take(left, taken)
            if not lots[0].amount:
                lots.popleft()
        if left.amount:
            lots.append(left)
    if lots:
        lots[-1].base += carried - sum(lot.base for lot in lots)
    return list(lots)


def _take(lot: Lot, amount: int) -> None:
    """So much less of it, at its share of the CNY."""
    left = abs(lot.amount) - amount
    lot.base = half_up(lot.base * left, abs(lot.amount))
    lot.amount = left if lot.amount > 0 else -left
