"""The cells of a page: one value of an answer, as text, with its unit, its exact form and the page that it leads to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from typing import Any, Literal

from pydantic import BaseModel

from ledger.journal.accounts import CHART
from ledger.money import Money
from service.console.language import Language
from service.console.links import Linker
from service.console.words import CODE, WORD_FIELDS
from service.questions.presentation import STORED_MONEY, MoneyText, instant_in_utc

Sort = Literal["text", "id", "long", "word", "amount", "count", "time", "none", "parts", "items"]
_MONEY_TEXT = set(MoneyText.model_fields)
_LONGEST_ID = 48  # letters of an id that is shown whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One value as people read it. `unit` is the currency of an amount, and `exact` the value as a program writes it.

    An object has `parts`, by their labels; a list has `items`.
    """

    sort: Sort = "text"
    text: str = ""
    unit: str = ""
    exact: str = ""
    href: str = ""
    negative: bool = False
    zero: bool = False
    parts: tuple[tuple[str, Cell], ...] = ()
    items: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True)
class Linked:
    """A word of ours that leads to a page. `about` follows it as it is."""

    word: str
    href: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Cells:
    """Makes the cells of one page, in its language and with its links."""

    language: Language
    linker: Linker

    def of(self, value: Any, name: str = "", row: Any = None) -> Cell:
        """Returns the cell of a value. `name` is its field and `row` the object that has it, for the link."""
        match value:
            case Enum():
                return self.of(value.value, name, row)
            case None | "":
                return Cell(sort="none", text="–")
            case bool():
                return Cell(sort="word", text=self.language.text("yes") if value else self.language.text("no"))
            case int() | Decimal():
                return self._count(value, name)
            case Money():
                return self._amount(value)
            case datetime():
                return Cell(sort="time", text=self.language.instant(value), exact=instant_in_utc(value))
            case date():
                return Cell(sort="time", text=self.language.day(value), exact=value.isoformat())
            case timedelta():
                return Cell(text=str(value))
            case Linked():
                text = " ".join(filter(None, (self.language.label(value.word), value.about)))
                return Cell(sort="word", text=text, href=value.href)
            case str():
                return self._text(value, name, row)
        return self._composed(value, name)

    def _count(self, value: int | Decimal, name: str) -> Cell:
        is_place = name in ("position", "version", "line_no", "number", "step")  # names, which nobody adds up
        text = str(value) if is_place else self.language.count(value)
        return Cell(sort="count", text=text, negative=value < 0)

    def _amount(self, value: Money) -> Cell:
        exact = f"{value.decimal:f} {value.currency}"
        text = self.language.amount(value)
        return Cell(
            sort="amount", text=text, unit=value.currency, exact=exact, negative=value.minor < 0, zero=not value
        )

    def _text(self, value: str, name: str, row: Any) -> Cell:
        href = self.linker.of_field(name, row) if row is not None else ""
        if name in WORD_FIELDS and CODE.fullmatch(value):
            return Cell(sort="word", text=self.language.label(value), href=href)
        if account := self._account(value, name, row):
            return Cell(text=account, exact=value, href=href)
        if any(map(str.isspace, value)):
            return Cell(text=value, href=href)
        return Cell(sort="id" if len(value) <= _LONGEST_ID else "long", text=value, exact=value, href=href)

    def _account(self, value: str, name: str, row: Any) -> str:
        """Returns the code of an account with its title, or the title alone where its column is beside the code."""
        beside = named_values(row) or {}
        if name == "account" and value in CHART and "title" not in beside:
            return f"{value} {self.language.text(CHART[value].title)}"
        return self.language.text(value) if name == "title" and "account" in beside else ""

    def _named(self, name: str) -> str:
        return self.language.label(name) if CODE.fullmatch(name) else name

    def _composed(self, value: Any, name: str) -> Cell:
        if isinstance(value, Mapping) and value.keys() == STORED_MONEY and type(value["minor"]) is int:
            return self._amount(Money(value["minor"], value["currency"]))
        if isinstance(value, Mapping) and value.keys() == _MONEY_TEXT:
            return self._amount(Money.of(value["amount"], value["currency"]))
        if (named := named_values(value)) is not None:
            if not named:
                return Cell(sort="none", text="–")
            parts = ((self._named(str(each)), self.of(part, str(each), value)) for each, part in named.items())
            return Cell(sort="parts", parts=tuple((each, cell) for each, cell in parts if cell.sort != "none"))
        if isinstance(value, Iterable):
            items = tuple(
                self.of(each, name) for each in (sorted(value) if isinstance(value, set | frozenset) else value)
            )
            return Cell(sort="items", items=items) if items else Cell(sort="none", text="–")
        return Cell(text=str(value))


def named_values(value: Any) -> dict[str, Any] | None:
    """Returns the fields of an object by their names, or None if the value is no object."""
    match value:
        case Mapping():
            return dict(value)
        case BaseModel():
            return {name: getattr(value, name) for name in type(value).model_fields}
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return None
