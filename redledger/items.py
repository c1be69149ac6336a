"""Events and rows as the clients hand them over, and the refusals that end a reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple


class Refused(Exception):
    """The service refuses the request, and asking again does not help. `code` never changes; `detail` is a sentence."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{detail} ({status} {code})")
        self.status, self.code, self.detail = status, code, detail


class ViewChanged(Refused):
    """The view has a new version, or leaves out other events than before. Drop your copy, and begin without `after`."""


class Line(NamedTuple):
    """One line of a journal entry. `amount` in `currency` and `base` in CNY are minor units, debit positive."""

    account: str
    amount: int
    base: int
    currency: str
    merchant: str = ""
    order: str = ""
    line: str = ""
    parcel: str = ""
    payment: str = ""
    psp: str = ""
    market: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded event. `payload` has its fields as JSON; an amount is `{"currency": "CNY", "minor": 34200}`.

    Events of one book, and so of one stream, come in the order of their positions. `data` is the whole row of the log.
    """

    id: str
    type: str
    book: int
    position: int
    stream: str
    occurred_at: datetime
    recorded_at: datetime
    payload: Mapping[str, Any]
    entry: tuple[Line, ...]
    data: Mapping[str, Any] = field(repr=False)
    place: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a view with its current values, or the last ones of a deleted row. `key` names it in its table and book.

    A row may come again: write it over the one that you have. Save the place with it.
    """

    table: str
    book: int
    position: int
    key: str
    deleted: bool
    values: Mapping[str, Any]
    place: str = field(repr=False)


def event_of(found: Mapping[str, Any], place: str) -> Event:
    """Returns the event of a CloudEvent."""
    data = found["data"]
    return Event(
        id=found["id"],
        type=found["type"],
        book=found["book"],
        position=int(found["sequence"]),
        stream=found["subject"],
        occurred_at=datetime.fromisoformat(found["time"]),
        recorded_at=datetime.fromisoformat(found["recordedtime"]),
        payload=data["payload"],
        entry=tuple(Line(**line) for line in data["entry"] or ()),
        data=data,
        place=place,
    )


def row_of(found: Mapping[str, Any], place: str) -> Row:
    """Returns the row of a CloudEvent."""
    table, values = found["type"].rpartition(".")[2], found["data"]
    deleted = bool(values.get("deleted"))
    return Row(table, found["book"], int(found["sequence"]), found["subject"], deleted, values, place)
