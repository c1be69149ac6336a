"""A journal entry: lines that balance in CNY."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.fx import CNY
from ledger.journal.accounts import Account, is_merchant_account
from ledger.money import Money


class UnbalancedEntry(Exception):
    """A mistake in our code: the entry does not balance, or a merchant line is not in CNY."""


class Line(NamedTuple):
    """One line. `amount` in `currency` and `base` in CNY are minor units, debit positive."""

    account: str
    amount: int
    base: int
    currency: str
    merchant: str | None = None
    order: str | None = None
    line: str | None = None
    parcel: str | None = None
    payment: str | None = None
    psp: str | None = None
    market: str | None = None


@dataclass(slots=True)
class Draft:
    """Lines of an entry that is not closed yet: `debit(PENDING.of(m), gross).credit(AVAILABLE.of(m), net)`.

    The dimensions of `about` are on every line that follows. A line with zero amount and zero base is left out.
    """

    lines: list[Line] = field(default_factory=list)
    dimensions: dict[str, str] = field(default_factory=dict)

    def about(self, **dimensions: str) -> Draft:
        """Sets the dimensions (order, line, parcel, payment, market) of the lines that follow."""
        self.dimensions = dimensions
        return self

    def debit(self, account: Account, amount: Money, base: Money | None = None) -> Draft:
        return self._add(account, amount, base, 1)

    def credit(self, account: Account, amount: Money, base: Money | None = None) -> Draft:
        return self._add(account, amount, base, -1)

    def _add(self, account: Account, amount: Money, base: Money | None, sign: int) -> Draft:
        if base is None:
            base = amount
        if base.currency != CNY:
            raise UnbalancedEntry(f"{account.code}: a line in {amount.currency} needs its CNY base")
        if amount.minor or base.minor:
            self.lines.append(
                Line(
                    account=account.code,
                    amount=sign * amount.minor,
                    base=sign * base.minor,
                    currency=amount.currency,
                    merchant=account.merchant,
                    psp=account.psp,
                    **self.dimensions,
                )
            )
        return self


def debit(account: Account, amount: Money, base: Money | None = None) -> Draft:
    """Returns a draft that starts with a debit."""
    return Draft().debit(account, amount, base)


def about(**dimensions: str) -> Draft:
    """Returns a draft whose lines have these dimensions."""
    return Draft().about(**dimensions)


@dataclass(frozen=True, slots=True)
class Entry:
    """A closed entry. It balances in CNY, and each merchant line (21xx) is in CNY and names its merchant.

    Raises `UnbalancedEntry`. The log's CHECK constraint enforces the same two rules without this code.
    """

    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        if sum(line.base for line in self.lines) != 0:
            raise UnbalancedEntry(f"the entry is off by {sum(line.base for line in self.lines)} fen: {self.lines}")
        for line in self.lines:
            if is_merchant_account(line.account) and (line.currency != CNY or line.merchant is None):
                raise UnbalancedEntry(f"a merchant line must be in CNY and name its merchant: {line}")

    def text(self) -> str:
        """Returns canonical JSON: an array of lines, without empty dimensions."""
        return canonical([_stored(line) for line in self.lines])


def entry_lines(text: str | None) -> list[dict[str, Any]]:
    """Returns the lines of a stored entry: `account`, `amount`, `base`, `currency`, and the dimensions that are set."""
    return from_json(text) if text else []


def _stored(line: Line) -> dict[str, Any]:
    return {name: value for name, value in zip(Line._fields, line, strict=True) if value is not None}
