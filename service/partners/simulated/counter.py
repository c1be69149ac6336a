"""Stores the requests to a simulated partner in a file, each id once, however often it is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.money import Money

_TABLE = """
CREATE TABLE IF NOT EXISTS asked (
    id TEXT PRIMARY KEY, n INTEGER NOT NULL, kind TEXT NOT NULL, party TEXT NOT NULL, minor INTEGER NOT NULL,
    currency TEXT NOT NULL, fate TEXT NOT NULL, day TEXT NOT NULL, tries INTEGER NOT NULL
)"""
_PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class PartnerRequest:
    """The `n`-th request. `tries` counts how often it was sent, `fate` is its result."""

    id: str
    n: int
    kind: str
    party: str
    amount: Money
    fate: str
    day: str
    tries: int

    def is_for(self, party: str, amount: Money) -> bool:
        """Returns True if the request repeats this one; False if it uses the same id for another party or amount."""
        return (self.party, self.amount) == (party, amount)


class Counter:
    """The file of requests. Several processes may use it; writes wait for each other."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._writing() as connection:
            connection.execute(_TABLE)

    def ask(self, id: str, *, kind: str, party: str, amount: Money, fate: str, day: str) -> PartnerRequest:
        """Returns the request of this id, and stores it if it is new. `fate` and `day` keep their first values."""
        with self._writing() as connection:
            (n,) = connection.execute("SELECT count(*) + 1 FROM asked").fetchone()
            connection.execute(
                "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET tries = tries + 1",
                (id, n, kind, party, amount.minor, amount.currency, fate, day),
            )
            row = connection.execute("SELECT * FROM asked WHERE id = ?", (id,)).fetchone()
        return _read(row)

    def all(self) -> list[PartnerRequest]:
        """Returns all requests, the oldest first."""
        with self._writing() as connection:
            return [_read(row) for row in connection.execute("SELECT * FROM asked ORDER BY n")]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self._path, timeout=_PATIENCE_S, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class FailureRates:
    """Rates of failure, in thousandths. The seed and the id alone decide which requests fail."""

    seed: str = "simulated"
    failed: int = 20
    answers_lost: int = 50
    returned: int = 10

    def happens(self, what: str, per_mille: int, *about: str) -> bool:
        digest = sha256("/".join((self.seed, what, *about)).encode()).digest()
        return int.from_bytes(digest[:4]) % 1000 < per_mille


def _read(row: tuple[str, int, str, str, int, str, str, str, int]) -> PartnerRequest:
    id, n, kind, party, minor, currency, fate, day, tries = row
    return PartnerRequest(id, n, kind, party, Money(minor, currency), fate, day, tries)
