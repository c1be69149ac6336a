"""Reads the journal as postings, one entry at a time, with what other programs need to identify it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from ledger.fx import CNY
from ledger.journal.accounts import CHART, AccountType
from ledger.log.reader import Reader
from ledger.log.rows import Recorded
from ledger.money import Money

_PAGE = 2_000
DIMENSIONS = ("order", "line", "parcel", "payment", "market")


class Place(NamedTuple):
    """The key of a balance, which becomes an account of the other program."""

    account: str
    merchant: str
    psp: str
    currency: str

    @property
    def type(self) -> AccountType:
        return CHART[self.account].type

    @property
    def title(self) -> str:
        return CHART[self.account].title


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry, debit positive: its amount in its own currency and its value in CNY."""

    place: Place
    amount: Money
    base: Money
    about: dict[str, str]

    @property
    def is_foreign(self) -> bool:
        return self.amount.currency != CNY

    @property
    def parts(self) -> Iterator[tuple[Decimal, str, Decimal | None]]:
        """Yields the line as (amount, currency, total cost in CNY); a change of value only is in CNY without a cost.

        Programs take the cost's sign from the amount. A line whose two signs differ becomes two amounts.
        """
        amount, base = self.amount.decimal, self.base.decimal
        if not self.is_foreign:
            yield amount, CNY, None
        elif amount and (amount > 0) is (base > 0) and base:
            yield amount, self.amount.currency, abs(base)
        else:
            if amount:
                yield amount, self.amount.currency, Decimal(0)
            if base:
                yield base, CNY, None


def posted(reader: Reader, vector: Mapping[int, int], *, as_of: date | None = None) -> Iterator[Recorded]:
    """Yields every event with an entry, book by book up to these positions, of accounting days up to `as_of`."""
    for book, upto in sorted(vector.items()):
        after = 0
        while after < upto and (rows := reader.read(book, after, min(_PAGE, upto - after))):
            after = rows[-1].position
            for row in rows:
                if row.entry and (as_of is None or row.accounting_date <= as_of):
                    yield row


def postings_of(row: Recorded) -> list[Posting]:
    return [
        Posting(
            Place(line["account"], line.get("merchant", ""), line.get("psp", ""), line["currency"]),
            Money(line["amount"], line["currency"]),
            Money(line["base"], CNY),
            {name: line[name] for name in DIMENSIONS if name in line},
        )
        for line in row.lines
    ]


@dataclass(slots=True)
class Held:
    """The balance of a place: in its currency, and its changes of value and cost in CNY."""

    amount: Decimal = Decimal(0)
    base: Decimal = Decimal(0)


class Balances(dict[Place, Held]):
    """Sums up what was written, so that the file can end with the balance of each account."""

    def add(self, posting: Posting) -> None:
        held = self.setdefault(posting.place, Held())
        held.amount += posting.amount.decimal
        held.base += posting.base.decimal
