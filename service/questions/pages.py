"""Pages of lists: every entrance says that a list was cut, and how to continue."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from ledger.limits import LARGEST_POSITION
from service.failures import UnknownValue

if TYPE_CHECKING:
    from projections.keyset import Key

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Fetch(Protocol[T_co]):
    """Finds at most `limit` rows of a list in order, after the key `after`."""

    def __call__(self, *, limit: int, after: Key | None) -> Sequence[T_co]: ...


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list. `next` is the cursor of the rows after them, None at the end."""

    rows: tuple[T, ...]
    next: str | None


def page_of(name: str, key: Mapping[str, type], fetch: Fetch[T], *, limit: int, after: str | None) -> Page[T]:
    """Returns a page of the list `name`. Reads the rows of the page and one more, at any depth of the list.

    `key` are the fields that order the rows and identify each: the end of a page is the key of its last row.

    Raises `UnknownValue` for a cursor that this list did not give.
    """
    found = fetch(limit=limit + 1, after=_read(name, key, after) if after else None)
    rows = tuple(found[:limit])
    return Page(rows, _written(name, key, rows[-1]) if len(found) > limit else None)


def cursor_after(name: str, *key: Any) -> str:
    """Returns the cursor of the rows of the list `name` after this key, which need not be that of a row."""
    return _cursor(name, [_plain(each) for each in key])


def _plain(value: Any) -> str | int:
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")  # the database returns instants in UTC
        case date():
            return value.isoformat()
        case int() | str():
            return value
    return int(value.minor)


def _written(name: str, key: Mapping[str, type], row: Any) -> str:
    return _cursor(name, [_plain(getattr(row, field)) for field in key])


def _cursor(name: str, end: Sequence[str | int]) -> str:
    return urlsafe_b64encode(json.dumps([name, *end], ensure_ascii=False).encode()).decode()


def _read(name: str, key: Mapping[str, type], cursor: str) -> Key:
    try:
        whose, *end = json.loads(urlsafe_b64decode(cursor.encode()))
        if whose == name:
            return tuple(_value(kind, each) for kind, each in zip(key.values(), end, strict=True))
    except (ValueError, TypeError, RecursionError):
        pass  # whatever it is, it is none of ours
    raise UnknownValue("after", f"{cursor[:40]} is not a cursor of {name}. Take `next` of the previous page.")


def _value(kind: Any, reported: Any) -> Any:
    """Returns the value of a key. Raises `ValueError` for a value that no row can hold."""
    if kind is datetime and isinstance(reported, str):
        from ledger.instants import read_instant  # imports pydantic, which no help needs

        return read_instant(reported)
    if kind is date and isinstance(reported, str):
        from ledger.instants import read_day

        return read_day(reported)
    if type(reported) is not kind or (isinstance(reported, int) and abs(reported) > LARGEST_POSITION):
        raise ValueError(f"{reported!r} is no {kind.__name__}")
    if isinstance(reported, str) and any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in reported):
        raise ValueError("the database has no such text")
    return reported
