"""Pages by key: a page is read from where the page before ended, so that no page costs the pages before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

Key = tuple[str | int | datetime, ...]  # of a row, by what its list is ordered by


def behind(columns: Sequence[str], after: Key | None, *, included: bool = False) -> tuple[str, dict[str, Any]]:
    """Returns the SQL condition that holds for rows behind the key, and its values; without a key, for every row.

    `included`: also for the row of the key itself.
    """
    if after is None:
        return "true", {}
    values = dict(zip((f"after_{number}" for number in range(len(columns))), after, strict=True))
    sign = ">=" if included else ">"
    return f"({', '.join(columns)}) {sign} ({', '.join(f':{name}' for name in values)})", values
