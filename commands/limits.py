"""Limits on the texts, numbers and nesting of every command, so that the log and the views can store them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from ledger.fx import Rate, check_rate
from ledger.instants import bounded_day
from ledger.limits import (
    DEEPEST,
    LARGEST_AMOUNT,
    LARGEST_BALANCE,
    LARGEST_NUMBER,
    LONGEST_LINE,
    LONGEST_TEXT,
    MOST_ITEMS,
    ODD_TEXT,
)
from ledger.money import Money
from ledger.sealed import Sealed


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits on a value at `depth`. `check` raises ValueError with the path of the value."""

    largest: int = LARGEST_AMOUNT
    longest: int = LONGEST_TEXT
    depth: int = 0

    def check(self, value: Any, path: str) -> None:
        match value:
            case str():
                self._check_text(value, path)
            case int() | float():
                _check_number(value, path)
            case Money():
                if abs(value.minor) > self.largest:
                    raise ValueError(f"{path}: an amount is at most {Money(self.largest, value.currency)}")
            case Rate():
                check_rate(value)
                bounded_day(value.as_of)
                self._check_text(value.source, path)
            case Sealed():
                replace(self, longest=LONGEST_LINE).check(value.in_clear, path)
            case BaseModel():
                self._check_items(value.__dict__.items(), len(value.__dict__), path)
            case dict():
                self._check_items(enumerate(map(str, value)), len(value), path)
                self._check_items(value.items(), len(value), path)
            case list() | tuple() | frozenset():
                self._check_items(enumerate(value), len(value), path)

    def _check_items(self, items: Iterable[tuple[Any, Any]], count: int, path: str) -> None:
        if self.depth == DEEPEST:
            raise ValueError(f"{path[:80]}…: objects and lists stand at most {DEEPEST} deep inside each other")
        if count > MOST_ITEMS:
            raise ValueError(f"{path}: there are at most {MOST_ITEMS} items")
        inside = Limits(self.largest, self.longest, self.depth + 1)
        for key, value in items:
            if value is not None:
                inside.check(value, f"{path}.{str(key)[:40]}" if path else str(key))

    def _check_text(self, text: str, path: str) -> None:
        if len(text) > self.longest:
            raise ValueError(f"{path}: a text has at most {self.longest} characters")
        if not (text.isascii() and text.isprintable()) and ODD_TEXT.search(text):
            raise ValueError(f"{path}: a text holds a NUL character or half of a surrogate pair")


ONE_AMOUNT = Limits()
SUMS = Limits(largest=LARGEST_BALANCE)  # for commands with sums of many amounts, such as balances


def kept_text(text: str) -> str:
    """Returns a partner's text as a command accepts it: odd characters are replaced, and the rest is cut."""
    return ODD_TEXT.sub("\ufffd", text)[:LONGEST_TEXT]


def _check_number(value: int | float, path: str) -> None:
    if isinstance(value, float):
        raise ValueError(f"{path}: a number with a point is written as a text; {value!r} may not be exact")
    if abs(value) > LARGEST_NUMBER:
        raise ValueError(f"{path}: a whole number is at most {LARGEST_NUMBER}")
