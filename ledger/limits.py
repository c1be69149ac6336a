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
