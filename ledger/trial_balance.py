"""The trial balance of a day, and the hash of it that a closed period stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from ledger.canonical import canonical, digest
from ledger.log.rows import Recorded


class Balance(NamedTuple):
    """A balance in minor units, debit positive: in the account's currency and in CNY."""

    amount: int
    base: int


Balances = Mapping[tuple[str, str], Balance]  # (account, currency) → balance


def balances_of(rows: Iterable[Recorded], *, upto: date) -> dict[tuple[str, str], Balance]:
    """Returns the balances of these rows' entries with an accounting day up to `upto`."""
    sums: dict[tuple[str, str], Balance] = {}
    for row in rows:
        if row.entry is None or row.accounting_date > upto:
            continue
        for line in row.lines:
            key = line["account"], line["currency"]
            before = sums.get(key, Balance(0, 0))
            sums[key] = Balance(before.amount + line["amount"], before.base + line["base"])
    return sums


def trial_balance_hash(balances: Balances, *, upto: date, positions: Mapping[int, int]) -> str:
    """Returns the SHA-256 of the canonical balances with their day and positions. Accounts at zero are left out."""
    rows = [[*key, *balance] for key, balance in sorted(balances.items()) if any(balance)]
    vector = {str(book): position for book, position in positions.items()}
    return digest(canonical({"balances": rows, "positions": vector, "upto": upto.isoformat()}))
