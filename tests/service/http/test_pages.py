"""Every list over HTTP a page at a time: the pages are the whole list, and the last costs no more than the first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from service.app import App
from service.questions.registry import QUESTIONS

# Of these the month has too few rows. Pages of approvals are in tests/projections/worklists/test_approvals_queue.py,
# those of unsent refunds in tests/service/automation/test_refund_automation.py,
# those of accounts and tokens in tests/service/access/test_lists.py, and subscriptions are in test_subscriptions.py,
# their deliveries in test_deliveries.py.
_SHORT = {"approvals", "overdue", "unsent-refunds", "accounts", "tokens", "subscriptions", "deliveries"}
_ASKED = {
    "contribution": ["", "as_known_at={at}&"],
    "exceptions": ["status=all&"],
    "instructions": ["as_known_at={at}&"],
    "proposals": ["state=all&"],
}
LISTS = [
    (f"/v1{question.path}?{asked}", question)
    for question in QUESTIONS.values()
    if question.is_paged and question.name not in _SHORT
    for asked in _ASKED.get(question.name, [""])
]
READ_BY_KEY = [
    path
    for path, question in LISTS
    if question.name in {"contribution", "exceptions", "unmatched", "payouts", "proposals", "lines", "audit"}
]


@contextmanager
def rows_read(app: App) -> Iterator[list[int]]:
    """Returns the number of rows that the database delivered, by statement."""
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
    (paid, *_) = client.get("/v1/payouts").json()["data"]
    return path.format(merchant=paid["merchant"], at=paid["initiated_at"], id=paid["run_id"])


def pages(client: TestClient, address: str, limit: int) -> Iterator[list[dict[str, Any]]]:
    after = ""
    while True:
        said = client.get(f"{address}limit={limit}{after}").json()
        yield said["data"]
        if said["next"] is None:
            return
        after = f"&after={said['next']}"


@pytest.mark.parametrize("path", [path for path, _ in LISTS])
def test_the_pages_of_a_list_are_the_whole_list(client: TestClient, asked: str) -> None:
    whole = [row for page in pages(client, asked, 1000) for row in page]
    found = [row for page in pages(client, asked, min(max(1, len(whole) // 3), 1000)) for row in page]
    assert whole
    assert found == whole


@pytest.mark.parametrize("path", READ_BY_KEY)
def test_the_last_page_reads_no_more_rows_than_the_first(client: TestClient, month_app: App, asked: str) -> None:
    whole, *_ = pages(client, asked, 1000)
    near_the_end = max(1, len(whole) - 1)
    after = client.get(f"{asked}limit={near_the_end}").json()["next"]
    with rows_read(month_app) as of_the_first:
        client.get(f"{asked}limit=1")
    with rows_read(month_app) as of_the_last:
        client.get(f"{asked}limit=1&after={after}")
    assert len(whole) > 4
    assert sum(of_the_last) <= sum(of_the_first) + 3
