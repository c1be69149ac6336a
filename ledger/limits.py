"""The limits of everything from outside: length, depth, size, number and time. Every entrance uses this table.

`docs/limits.md` is made from it.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

# Time
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)  # sorts before each instant
EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)  # still in the year 9999 in every zone
FURTHEST_OFFSET = timedelta(hours=14)  # from UTC: Kiritimati has the largest in use
LONGEST_DURATION = timedelta(days=3660)  # ten years
EARLIEST_DAY = date(2000, 1, 1)
LATEST_DAY = date(9999, 12, 30)  # its next day is still in the calendar

# Numbers
LARGEST_NUMBER = 2**53 - 1  # RFC 8785: the largest integer that JSON holds exactly
LARGEST_AMOUNT = 10**13  # minor units of one amount: even converted and times 900 it stays below `LARGEST_NUMBER`
LARGEST_BALANCE = 10**15  # minor units of a sum of amounts: a bank balance, the total of a run
LARGEST_QUANTITY = 10**6  # units of one line
LARGEST_COUNT = 10**9  # rows of a file, positions in a book
LARGEST_POSITION = 2**63 - 1  # a bigint of PostgreSQL
LARGEST_RATE = 100  # fen for one minor unit of another currency: the highest real rates, of JPY and ISK, are about 5

# Text
ODD_TEXT = re.compile("[\0\ud800-\udfff]")  # PostgreSQL stores no NUL, and UTF-8 has no lone surrogates
LONGEST_ID = 64
LONGEST_KEY_BYTES = 255  # of a text in an index (Stripe's longest reference); a longer text is found by its digest
LONGEST_TEXT = 10_000  # characters of one text in a command
LONGEST_WORDS = 500  # characters of a partner's description that are stored

# Shape
DEEPEST = 32  # nested objects and lists; a reader of the log accepts 200
MOST_ITEMS = 10_000  # items of one object or list
LONGEST_LINE = 1024 * 1024  # bytes of one command, or of one webhook's body
