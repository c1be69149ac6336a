"""The journal as postings: one entry of the log at a time, with what a reader of another program needs to find it."""

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
    """Whose balance a posting changes: what an account of the other program stands for."""

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
    """One line of an entry, debit positive: in its own currency, and what it is carried at in CNY."""

    place: Place
    amount: Money
    base: Money
    about: dict[str, str]

    @property
    def is_foreign(self) -> bool:
        return self.amount.currency != CNY

    @property
    def parts(self) -> Iterator[tuple[Decimal, str, Decimal | None]]:
        """The line as amounts of one sign with their total cost in CNY; a change of value alone is CNY without a cost.

        Programs take the sign of a cost from the amount, so where ours have two signs they are two amounts.
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
    """Every event with an entry, book by book up to these positions, of accounting days up to `as_of`."""
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
    """What a place holds: in its currency, and changes of value and cost in CNY."""

    amount: Decimal = Decimal(0)
    base: Decimal = Decimal(0)


class Balances(dict[Place, Held]):
    """What was written so far, so that a file can end with what each account must come to."""

    def add(self, posting: Posting) -> None:
        held = self.setdefault(posting.place, Held())
        held.amount += posting.amount.decimal
        held.base += posting.base.decimal
