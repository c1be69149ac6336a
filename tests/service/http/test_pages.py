"""Every list over HTTP a page at a time: the pages are the whole list, and the last costs no more than the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from service.app import App

# Of approvals the month has one: its pages are in tests/projections/worklists/test_approvals_queue.py.
LISTS = [
    ("/books/contribution?", "orders"),
    ("/books/contribution?as_known_at={at}&", "orders"),
    ("/exceptions?status=all&", "exceptions"),
    ("/unmatched?", "unmatched"),
    ("/instructions?as_known_at={at}&", "instructions"),
    ("/payouts?", "payouts"),
    ("/proposals?state=all&", "proposals"),
    ("/balances/{merchant}/lines?", "lines"),
]


@contextmanager
def rows_read(app: App) -> Iterator[list[int]]:
    """How many rows the database has handed over, a statement each."""
    counted: list[int] = []

    def count(_connection: Any, cursor: Any, *_: Any) -> None:
        counted.append(cursor.rowcount)

    event.listen(app.ledger.engine, "after_cursor_execute", count)
    try:
        yield counted
    finally:
        event.remove(app.ledger.engine, "after_cursor_execute", count)


@pytest.fixture
def asked(client: TestClient, path: str) -> str:
    (paid, *_) = client.get("/payouts").json()["payouts"]
    return path.format(merchant=paid["merchant"], at=paid["initiated_at"])


def pages(client: TestClient, address: str, rows: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while True:
        said = client.get(f"{address}limit={limit}{after}").json()
        yield said[rows]
        if said["next"] is None:
            return
        after = f"&after={said['next']}"


@pytest.mark.parametrize(("path", "rows"), LISTS)
def test_the_pages_of_a_list_are_the_whole_list(client: TestClient, asked: str, rows: str) -> None:
    (whole,) = pages(client, asked, rows, 1000)
    found = [row for page in pages(client, asked, rows, max(1, len(whole) // 3)) for row in page]
    assert whole
    assert found == whole


@pytest.mark.parametrize(("path", "rows"), [each for each in LISTS if each[1] != "instructions"])  # too few
def test_the_last_page_reads_no_more_rows_than_the_first(
    client: TestClient, month_app: App, asked: str, rows: str
) -> None:
    (whole,) = pages(client, asked, rows, 1000)
    near_the_end = max(1, len(whole) - 1)
    after = client.get(f"{asked}limit={near_the_end}").json()["next"]
    with rows_read(month_app) as of_the_first:
        client.get(f"{asked}limit=1")
    with rows_read(month_app) as of_the_last:
        client.get(f"{asked}limit=1&after={after}")
    assert len(whole) > 4
    assert sum(of_the_last) <= sum(of_the_first) + 3
