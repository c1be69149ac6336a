"""Lists a page at a time: one entry here for each list, and every entrance says when it was cut and how to go on."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from service.failures import UnknownValue
from service.limits import MOST_ROWS

T = TypeVar("T")
Key = tuple[str | int, ...]

# What the rows of a list are ordered by, and known by: the end of a page is the key of its last row.
LISTS: dict[str, tuple[str, ...]] = {
    "approvals": ("waiting_since", "merchant", "order_id", "refund_id"),
    "contribution": ("result", "merchant", "order_id"),
    "exceptions": ("is_set_aside", "since", "stream", "break_id", "item"),
    "inbox": ("happened_at", "system", "reference"),
    "instructions": ("asked_at", "kind", "stream", "id"),
    "payouts": ("initiated_at", "payout_id"),
    "proposals": ("proposed_at", "stream", "proposal_id"),
}


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows of a list. `next` is the cursor that asks for the rows behind them, None where there are none."""

    rows: tuple[T, ...]
    next: str | None


def page_of(name: str, fetch: Callable[[int], Sequence[T]], *, limit: int, after: str | None) -> Page[T]:
    """A page of a list of `LISTS`. `fetch` finds at most so many of its rows, in order.

    Raises `UnknownValue` for a cursor that this list has not given.
    """
    behind = _read(name, after) if after else None
    found = fetch(limit + 1) if behind is None else _behind(name, fetch(MOST_ROWS), behind)
    rows = tuple(found[:limit])
    return Page(rows, _written(name, rows[-1]) if len(found) > limit else None)


def _behind(name: str, rows: Sequence[T], key: Key) -> Sequence[T]:
    """The rows behind the one of this key; where it is gone, those whose key is greater."""
    keys = [_key(name, row) for row in rows]
    if key in keys:
        return rows[keys.index(key) + 1 :]
    return [row for row, each in zip(rows, keys, strict=True) if each > key]


def _key(name: str, row: Any) -> Key:
    return tuple(_plain(getattr(row, field)) for field in LISTS[name])


def _plain(value: Any) -> str | int:
    match value:
        case datetime():
            return value.isoformat(timespec="microseconds")  # the database tells instants in UTC
        case int() | str():
            return value
    return int(value.minor)


def _written(name: str, row: Any) -> str:
    return urlsafe_b64encode(json.dumps([name, *_key(name, row)], ensure_ascii=False).encode()).decode()


def _read(name: str, cursor: str) -> Key:
    try:
        found = json.loads(urlsafe_b64decode(cursor.encode()))
    except (ValueError, RecursionError):
        found = None
    fields = LISTS[name]
    if isinstance(found, list) and found[:1] == [name] and [type(each) for each in found[1:]] == _types(fields):
        return tuple(found[1:])
    raise UnknownValue("after", f"{cursor[:40]} is no cursor of {name}. Take `next` of the page before.")


def _types(fields: Sequence[str]) -> list[type]:
    return [{"result": int, "is_set_aside": bool}.get(field, str) for field in fields]
