"""Open amounts of an account whose payments name no invoice: the oldest amount is settled first (FIFO)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.money import half_up


@dataclass(slots=True)
class Lot:
    """The open part of a day's amount and its CNY value, in minor units, positive for debit."""

    since: date
    amount: int
    base: int


def open_lots(moves: Iterable[Lot]) -> list[Lot]:
    """Returns the open rest of the moves, oldest first, after opposite moves have settled the oldest ones.

    The lots sum to the moves. CNY without an amount is added to the newest lot. If no lot is open, the list is empty.
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
    """Reduces the lot by `amount` (minor units, positive) and its CNY value in proportion."""
    left = abs(lot.amount) - amount
    lot.base = half_up(lot.base * left, abs(lot.amount))
    lot.amount = left if lot.amount > 0 else -left
