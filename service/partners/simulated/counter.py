"""What a partner has been asked to do, kept in a file of its own: each id once, whoever asks, however often."""

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
    """One thing that was asked for: the `n`-th. `tries` is how often, this time included; `fate` what came of it."""

    id: str
    n: int
    kind: str
    party: str
    amount: Money
    fate: str
    day: str
    tries: int

    def is_for(self, party: str, amount: Money) -> bool:
        """Whether it is the same thing that is asked for again, and not another one under a name that is taken."""
        return (self.party, self.amount) == (party, amount)


class Counter:
    """The file. Several processes may use it at once: a write waits for the one before."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._writing() as connection:
            connection.execute(_TABLE)

    def ask(self, id: str, *, kind: str, party: str, amount: Money, fate: str, day: str) -> PartnerRequest:
        """What is known under this id by now. `fate` and `day` are those of the first time."""
        with self._writing() as connection:
            (n,) = connection.execute("SELECT count(*) + 1 FROM asked").fetchone()
            connection.execute(
                "INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (id) DO UPDATE SET tries = tries + 1",
                (id, n, kind, party, amount.minor, amount.currency, fate, day),
            )
            row = connection.execute("SELECT * FROM asked WHERE id = ?", (id,)).fetchone()
        return _read(row)

    def all(self) -> list[PartnerRequest]:
        """Everything, in the order it was first asked for."""
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
    """How often things go wrong, in thousandths; which, follows from the seed and the id alone."""

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
