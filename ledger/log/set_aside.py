"""Items that failed in a loop over many: the reason, and the time of the next try."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine

from ledger.canonical import digest
from ledger.log.engine import cursor_of
from ledger.log.lost_books import within

_FIRST_WAIT_S, _DOUBLINGS = 5, 7  # 5 s, 10 s, 20 s … up to 10 min 40 s
_LONGEST_WAIT = timedelta(seconds=_FIRST_WAIT_S * 2**_DOUBLINGS)
_LONGEST_ITEM = 300  # characters of an item's name, which people type when they park it
_NOT_IN_A_NAME = re.compile(r"[\x00-\x20\x7f]")
_COLUMNS = "book, loop, item, reason, since, attempts, next_try_at"
_PUT = (
    f"SELECT {_COLUMNS} FROM log.put_aside(%(book)s, %(loop)s, %(item)s, %(reason)s, %(now)s, %(wait)s, %(doublings)s)"
)
_ALL = (
    f"SELECT {_COLUMNS} FROM log.set_aside WHERE {{within}} AND (%(after)s::timestamptz IS NULL"
    " OR (since, loop, item, book::text) > (%(after)s, %(loop)s, %(item)s, %(book)s))"
    " ORDER BY since, loop, item, book::text LIMIT %(limit)s"
)
_OF_LOOP = f"SELECT {_COLUMNS} FROM log.set_aside WHERE loop = %(loop)s AND book = ANY(%(books)s)"
_CLEAR = "SELECT log.take_up(%s, %s, %s)"
_COUNT = "SELECT loop, count(*) FROM log.set_aside WHERE {within} GROUP BY loop ORDER BY loop"


class SetAsideItem(NamedTuple):
    """An item of a loop that failed `attempts` times since `since`. The next try is at `next_try_at`."""

    book: int
    loop: str
    item: str
    reason: str
    since: datetime
    attempts: int
    next_try_at: datetime

    def is_due(self, now: datetime) -> bool:
        """True if the item is to be tried again. A longer wait than the longest one comes from a clock that was wrong,
        or from a changed row, and holds up nothing.
        """
        return not now < self.next_try_at <= now + _LONGEST_WAIT


class SetAside:
    """The table of items that are set aside. If two machines fail on one item, it is one row that counts both.

    Lists and counts are of the books `part`, None for all.
    """

    def __init__(self, engine: Engine, part: Collection[int] | None = None) -> None:
        self._engine = engine
        self._part = part

    def put(self, book: int, loop: str, item: str, *, reason: str, now: datetime) -> SetAsideItem:
        """Sets the item aside for 5 s, then twice as long each time, up to 10 min 40 s. Returns its row."""
        about = {"book": book, "loop": loop, "item": item_key(item), "reason": reason, "now": now}
        about |= {"wait": timedelta(seconds=_FIRST_WAIT_S), "doublings": _DOUBLINGS}
        with cursor_of(self._engine) as cursor:
            cursor.execute(_PUT, about)
            (row,) = cursor.fetchall()
        return SetAsideItem(*row)

    def clear(self, found: SetAsideItem) -> None:
        """Removes an item that has succeeded."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_CLEAR, found[:3])

    def of_loop(self, loop: str, books: Iterable[int]) -> dict[tuple[int, str], SetAsideItem]:
        """Returns the loop's items that are set aside in these books, by book and item."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_OF_LOOP, {"loop": loop, "books": list(books)})
            return {(row[0], row[2]): SetAsideItem(*row) for row in cursor.fetchall()}

    def all(self, *, limit: int | None, after: tuple[datetime, str, str, str] | None = None) -> Sequence[SetAsideItem]:
        """Returns the items of all loops, oldest first. `after` is the (since, loop, item, book) of the last item
        before.
        """
        since, loop, item, book = after or (None, "", "", "")
        asked = {"after": since, "loop": loop, "item": item, "book": book, "limit": limit}
        with cursor_of(self._engine) as cursor:
            cursor.execute(_ALL.format(within=within(self._part)), asked)
            return [SetAsideItem(*row) for row in cursor.fetchall()]

    def counts(self) -> dict[str, int]:
        """Returns the number of items that each loop has set aside; loops without any are left out."""
        with cursor_of(self._engine) as cursor:
            cursor.execute(_COUNT.format(within=within(self._part)))
            return dict(cursor.fetchall())


def item_key(item: str) -> str:
    """Returns the item's name as one word of at most 300 characters. A longer name, or one with blanks, ends in a
    digest.
    """
    word = _NOT_IN_A_NAME.sub("_", item)
    return item if word == item and len(item) <= _LONGEST_ITEM else f"{word[: _LONGEST_ITEM - 65]}.{digest(item)}"
