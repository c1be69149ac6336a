"""A merchant's money beside the claims of open cases and the next release dates, now and as known earlier."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from projections.balances.balances import NOW, AsOf
from projections.balances.due_releases import DueReleases
from projections.balances.merchant_summaries import MerchantSummary, merchant_summaries
from projections.balances.open_claims import ClaimsOnMerchants
from projections.engine.rebuild import verify
from service.app import App
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.sales import BUYER, PROVIDER, merchant_ready, paid, released, sent, signed
from tests.support.shops import app_of

ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
DISPUTE: dict[str, Any] = {"dispute_id": "dp-1", "psp": "stripe", "capture_ref": "ch-O-1"}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A merchant with an order of CNY 140.00 released."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        released(desk)
        yield desk


def summary(desk: Desk, timepoint: AsOf = NOW) -> MerchantSummary:
    app = app_of(desk)
    app.catch_up()
    (found,) = merchant_summaries(app.views, timepoint, now=desk.clock(), merchants=["M-1"]).merchants
    return found


def ask_back(desk: Desk) -> None:
    desk.expect("request_refund", actor=BUYER, refund_id="R-1", reason="damaged", **ORDER)


def recorded_now(app: App) -> datetime:
    """An instant behind everything that is recorded, on the database's clock."""
    with app.ledger.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        assert isinstance(found, datetime)
        return found


def test_what_an_open_case_may_take_stands_beside_what_is_available(desk: Desk) -> None:
    ask_back(desk)
    found = summary(desk)
    assert (found.available.minor, found.open_cases_amount.minor) == (13_300, 14_000)


def test_a_dispute_counts_until_it_is_decided(desk: Desk) -> None:
    about = {"amount": "USD 19.44", "reason": "not_received"}
    desk.expect("report_dispute_opened", actor=PROVIDER, **about, **DISPUTE, **ORDER)
    open_ = summary(desk).open_cases_amount.minor
    desk.expect("report_dispute_won", actor=PROVIDER, **DISPUTE, **ORDER)
    assert (open_, summary(desk).open_cases_amount.minor) == (14_000, 0)


def test_a_case_that_is_closed_was_open_as_it_was_known_before(desk: Desk) -> None:
    before = recorded_now(app_of(desk))
    ask_back(desk)
    meanwhile = recorded_now(app_of(desk))
    desk.expect("withdraw_refund", actor=BUYER, refund_id="R-1", **ORDER)
    amounts = [summary(desk, AsOf(as_known_at=at)).open_cases_amount.minor for at in (before, meanwhile)]
    assert [*amounts, summary(desk).open_cases_amount.minor] == [0, 14_000, 0]


def test_a_case_counts_from_the_day_it_was_opened_on(desk: Desk) -> None:
    opened_on: date = desk.clock().date()
    ask_back(desk)
    days = (opened_on - timedelta(days=1), opened_on)
    assert [summary(desk, AsOf(as_of=day)).open_cases_amount.minor for day in days] == [0, 14_000]


def test_the_next_release_is_the_first_signature_and_seven_days(desk: Desk) -> None:
    for order in ("O-2", "O-3"):
        paid(desk, order)
        sent(desk, order)
    signed(desk, "O-2")
    first = desk.clock()
    desk.clock.forward(days=2)
    signed(desk, "O-3")
    assert summary(desk).next_release_at == first + timedelta(days=7)


def test_a_release_that_is_overdue_is_still_the_next_one(desk: Desk) -> None:
    paid(desk, "O-2")
    sent(desk, "O-2")
    signed(desk, "O-2")
    due = desk.clock() + timedelta(days=7)
    desk.clock.forward(days=9)
    assert summary(desk).next_release_at == due


def test_there_is_no_next_release_where_all_is_released(desk: Desk) -> None:
    assert summary(desk).next_release_at is None


def test_what_is_to_come_is_not_shown_of_the_past(desk: Desk) -> None:
    paid(desk, "O-2")
    sent(desk, "O-2")
    signed(desk, "O-2")
    assert summary(desk, AsOf(as_of=date(2025, 12, 31))).next_release_at is None


def test_the_view_and_the_guard_say_the_same(desk: Desk) -> None:
    ask_back(desk)
    book = desk.ledger.directory.book_of("M-1")
    guard = desk.ledger.reader.accounts(book, ["M-1"])["M-1"]
    assert summary(desk).open_cases_amount.minor == guard.in_open_cases


@pytest.mark.parametrize("view", [ClaimsOnMerchants(), DueReleases()], ids=lambda view: view.name)
def test_a_rebuild_gives_the_same_rows(desk: Desk, view: Any) -> None:
    ask_back(desk)
    paid(desk, "O-2")
    sent(desk, "O-2")
    signed(desk, "O-2")
    app = app_of(desk)
    app.catch_up([view])
    assert verify(desk.ledger.engine, view).count == 0
