"""The limits of what may come in: how long, deep, large, many and far away. Every entrance uses this table.

`docs/limits.md` is made from it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

# Time
EARLIEST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_INSTANT = datetime(9999, 12, 31, tzinfo=UTC)  # in any zone still a day of the year 9999
FURTHEST_OFFSET = timedelta(hours=14)  # from UTC: Kiritimati's is the furthest in use
LONGEST_DURATION = timedelta(days=3660)  # ten years
EARLIEST_DAY = date(2000, 1, 1)
LATEST_DAY = date(9999, 12, 30)  # the day after it can be counted

# Numbers
LARGEST_NUMBER = 2**53 - 1  # RFC 8785: what JSON holds exactly
LARGEST_AMOUNT = 10**13  # minor units of one amount: at any rate, and times nine hundred, still a `LARGEST_NUMBER`
LARGEST_BALANCE = 10**15  # minor units of what adds up many amounts: a bank account's balance, a run's total
LARGEST_QUANTITY = 10**6  # units of one line
LARGEST_COUNT = 10**9  # rows of a file, positions in a book
LARGEST_RATE = 100  # minor units of CNY for one of another currency: the dearest, of JPY and ISK, is about 5

# Text
LONGEST_ID = 64
LONGEST_KEY_BYTES = 255  # of a text in an index (Stripe's longest reference); a longer one is found by its digest
LONGEST_TEXT = 10_000  # characters of one text in a command
LONGEST_WORDS = 500  # characters that are kept of a partner's own words for one thing

# Shape
DEEPEST = 32  # objects and lists inside each other; a reader of the log takes 200
MOST_ITEMS = 10_000  # items of one object or list
LONGEST_LINE = 1024 * 1024  # bytes of one command, or of one webhook's body
