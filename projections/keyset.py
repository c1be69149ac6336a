"""Pages by key: a page continues after the last key of the page before, so late pages cost no more than early ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

Key = tuple[str | int | date | datetime, ...]  # the values of a row by which its list is ordered


def behind(columns: Sequence[str], after: Key | None, *, included: bool = False) -> tuple[str, dict[str, Any]]:
    """Returns the SQL condition for rows after the key, and its values; `true` if there is no key.

    With `included`, the row of the key itself is in the page too.
    """
    if after is None:
        return "true", {}
    values = dict(zip((f"after_{number}" for number in range(len(columns))), after, strict=True))
    sign = ">=" if included else ">"
    return f"({', '.join(columns)}) {sign} ({', '.join(f':{name}' for name in values)})", values


class Chunk(NamedTuple):
    """A part of a list: its first `limit` rows after the key `after`, with `included` from that key on. Rows that equal
    the last in the columns of the key come with it, so that the next chunk goes on after their key."""

    limit: int | None = None
    after: Key | None = None
    included: bool = False

    def sql(self, source: str, columns: Sequence[str]) -> tuple[str, dict[str, Any]]:
        """Returns the SQL of this part of a source in the order of the columns, and its values."""
        rest, values = behind(columns, self.after, included=self.included)
        order = ", ".join(columns)
        return (
            f"""
            SELECT * FROM (
                SELECT *, rank() OVER (ORDER BY {order}) AS place FROM ({source}) AS whole WHERE {rest}
            ) AS ranked WHERE CAST(:limit AS bigint) IS NULL OR place <= :limit ORDER BY {order}""",
            values | {"limit": self.limit},
        )


WHOLE = Chunk()
