"""Lists a page at a time: the pages of a list are the whole list, and a cursor of another is refused."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from projections.keyset import Key
from service.failures import UnknownValue
from service.questions.pages import Page, page_of

KEY = {"initiated_at": datetime, "payout_id": str}
FIRST = datetime(2025, 4, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Paid:
    initiated_at: datetime
    payout_id: str


ROWS = [Paid(FIRST + timedelta(hours=hour // 2), f"P-{hour:02}") for hour in range(7)]


def page(rows: Sequence[Paid], limit: int, after: str | None = None) -> Page[Paid]:
    def fetch(*, limit: int, after: Key | None) -> Sequence[Paid]:
        return [row for row in rows if after is None or (row.initiated_at, row.payout_id) > after][:limit]

    return page_of("payouts", KEY, fetch, limit=limit, after=after)


@pytest.mark.parametrize("limit", [1, 2, 3, 6])
def test_the_pages_of_a_list_are_the_whole_list(limit: int) -> None:
    found, after = list[Paid](), None
    while True:
        each = page(ROWS, limit, after)
        found += each.rows
        if (after := each.next) is None:
            break
    assert found == ROWS


@pytest.mark.parametrize("limit", [7, 8])
def test_a_list_that_was_not_cut_has_no_next_page(limit: int) -> None:
    assert page(ROWS, limit).next is None


def test_a_page_goes_on_where_its_last_row_is_gone_since() -> None:
    after = page(ROWS, 3).next
    assert page([row for row in ROWS if row.payout_id != "P-02"], 2, after).rows == tuple(ROWS[3:5])


def cursor(*key: object) -> str:
    return urlsafe_b64encode(json.dumps(["payouts", *key]).encode()).decode()


UNUSABLE = [
    *("x", "é", "[" * 3000, "WyJwYXlvdXRzIl0=", "WyJwYXlvdXRzIiwxLDJd", "bnVsbA==", "e30=", "MQ=="),
    cursor("yesterday", "P-1"),
    cursor("2025-04-01", "P-1"),
    cursor("2025-04-01T00:00:00Z", "\0"),
    cursor("2025-04-01T00:00:00Z", "\ud800"),
    cursor("2025-04-01T00:00:00Z", 1),
    cursor("2025-04-01T00:00:00Z", ["P-1"]),
    cursor("2025-04-01T00:00:00Z", "P-1", "P-2"),
]


@pytest.mark.parametrize("cursor", UNUSABLE)
def test_a_cursor_that_the_list_has_not_given_is_refused(cursor: str) -> None:
    with pytest.raises(UnknownValue, match="not a cursor of payouts"):
        page(ROWS, 3, cursor)


def test_a_cursor_of_another_list_is_refused() -> None:
    after = page(ROWS, 3).next
    with pytest.raises(UnknownValue, match="not a cursor of proposals"):
        page_of("proposals", KEY, lambda **_: ROWS, limit=3, after=after)
