"""Balances: now, on an accounting day, as once known; with every line and the balance it left."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.journal.accounts import (
    AVAILABLE,
    BUYER_FUNDS,
    PAYOUTS_IN_TRANSIT,
    PENDING,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
)
from ledger.journal.entry import debit
from ledger.ledger import Ledger
from ledger.money import Money
from projections.accounting.foreign_balances import ForeignSum, foreign_balances
from projections.balances.balances import AsOf, MerchantBalance, balances, journal_lines
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.views import ViewBehind, Views
from projections.engine.worker import ProjectionWorker
from tests.support.view_history import DAY, History, cny, paid, payout, release, sale

NEXT_DAY, DAY_AFTER = date(2025, 4, 2), date(2025, 4, 3)


@pytest.fixture
def history(ledger: Ledger) -> History:
    return History(ledger)


def fold(ledger: Ledger) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, MerchantBalances()).catch_up()


def of(views: Views, merchant: str, timepoint: AsOf | None = None) -> MerchantBalance:
    (balance,) = balances(views, timepoint or AsOf(), merchants=[merchant]).merchants
    return balance


def test_released_money_is_available_and_no_longer_pending(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "500.00"))
    history.entry(1, release("M-1", "475.00"))
    fold(history.ledger)
    assert (of(views, "M-1").pending, of(views, "M-1").available) == (cny("25.00"), cny("475.00"))


def test_a_payout_under_way_is_in_transit(history: History, views: Views) -> None:
    history.entry(1, release("M-1", "475.00"))
    history.entry(1, payout("M-1", "475.00"))
    fold(history.ledger)
    assert (of(views, "M-1").in_transit, of(views, "M-1").paid) == (cny("475.00"), cny("0.00"))


def test_what_the_bank_paid_counts_as_paid_for_ever(history: History, views: Views) -> None:
    for entry in (release("M-1", "475.00"), payout("M-1", "475.00"), paid("M-1", "475.00")):
        history.entry(1, entry)
    fold(history.ledger)
    assert (of(views, "M-1").in_transit, of(views, "M-1").paid) == (cny("0.00"), cny("475.00"))


def test_a_debit_balance_is_due_from_the_merchant(history: History, views: Views) -> None:
    history.entry(1, debit(AVAILABLE.of("M-1"), cny("133.00")).credit(REFUNDS_PAYABLE, cny("133.00")))
    fold(history.ledger)
    assert (of(views, "M-1").available, of(views, "M-1").due_from_merchant) == (cny("0.00"), cny("133.00"))


def test_the_answer_names_the_positions_it_is_of(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "1.00"))
    history.entry(2, sale("M-2", "1.00"))
    fold(history.ledger)
    assert balances(views).vector == {1: 1, 2: 1}


def test_a_balance_at_a_position_forgets_what_came_after_it(history: History, views: Views) -> None:
    position = history.entry(1, sale("M-1", "500.00"))
    history.entry(1, release("M-1", "500.00"))
    fold(history.ledger)
    assert of(views, "M-1", AsOf(at={1: position})).pending == cny("500.00")


def test_a_late_event_is_in_its_own_day_once_it_is_known(history: History, views: Views) -> None:
    before = history.entry(1, sale("M-1", "500.00"), day=DAY)
    history.entry(1, sale("M-1", "70.00"), day=NEXT_DAY)
    history.entry(1, sale("M-1", "3.00"), day=DAY)
    fold(history.ledger)
    assert of(views, "M-1", AsOf(as_of=DAY)).pending == cny("503.00")
    assert of(views, "M-1", AsOf(as_of=DAY, at={1: before})).pending == cny("500.00")


def test_a_day_as_it_was_known_at_an_instant_leaves_out_what_was_recorded_later(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "500.00"), day=DAY)
    history.entry(1, sale("M-1", "70.00"), day=NEXT_DAY)
    (known,) = history.ledger.reader.read(1, 1, 1)
    pass_the_instant(known.recorded_at)
    history.entry(1, sale("M-1", "3.00"), day=DAY)
    fold(history.ledger)
    asked = AsOf(as_of=DAY, as_known_at=known.recorded_at)
    assert of(views, "M-1", asked).pending == cny("500.00")


def pass_the_instant(instant: datetime) -> None:
    """Until the clock shows a later one: two events may share a microsecond."""
    while datetime.now(instant.tzinfo) <= instant:
        time.sleep(0)


def test_what_will_be_known_in_the_future_cannot_be_asked(history: History, views: Views) -> None:
    history.entry(1, sale("M-1", "1.00"))
    (recorded,) = history.ledger.reader.read(1, 0, 1)
    with pytest.raises(ValueError, match="has not come yet"):
        balances(views, AsOf(as_known_at=recorded.recorded_at + timedelta(days=1)))


def test_every_line_shows_the_balance_it_left(history: History, views: Views) -> None:
    for amount in ("500.00", "70.00"):
        history.entry(1, sale("M-1", amount))
    history.entry(1, release("M-1", "100.00"))
    fold(history.ledger)
    pending = [line.running for line in journal_lines(views, "M-1") if line.account == PENDING.code]
    assert pending == [cny("-500.00"), cny("-570.00"), cny("-470.00")]


def test_lines_go_on_behind_the_last_one_of_a_page(history: History, views: Views) -> None:
    for _ in range(5):
        history.entry(1, release("M-1", "1.00"))
    fold(history.ledger)
    whole = journal_lines(views, "M-1")
    first = journal_lines(views, "M-1", limit=3)
    rest = journal_lines(views, "M-1", after=(first[-1].position, first[-1].line_no))
    assert first + rest == whole
    assert len(whole) == 10


def test_balances_of_other_currencies_run_by_provider_and_currency(history: History, views: Views) -> None:
    captured = Money.of("69.44", "USD")
    entry = debit(PSP_RECEIVABLE.at("adyen"), captured, cny("498.58")).credit(BUYER_FUNDS, captured, cny("498.58"))
    history.entry(1, entry)
    fold(history.ledger)
    (receivable,) = foreign_balances(views, ["1110"], as_of=DAY).sums
    assert receivable == ForeignSum("1110", "adyen", balance=captured, carried=cny("498.58"))


def test_a_read_waits_for_the_positions_it_is_asked_for_and_gives_up_in_time(history: History, views: Views) -> None:
    last = history.entry(1, sale("M-1", "1.00"))
    with pytest.raises(ViewBehind):
        balances(views, AsOf(at_least={1: last}, timeout_s=0.05))
    fold(history.ledger)
    assert balances(views, AsOf(at_least={1: last})).vector == {1: last}


STEPS = st.tuples(
    st.integers(1, 2),
    st.sampled_from([sale, release, payout, paid]),
    st.sampled_from(["M-1", "M-2"]),
    st.integers(1, 99_999),
    st.sampled_from([DAY, NEXT_DAY, DAY_AFTER]),
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(STEPS, min_size=1, max_size=12),
    known=st.tuples(st.integers(0, 100), st.integers(0, 100)),  # per cent of what each book holds
    day=st.sampled_from([None, DAY, NEXT_DAY]),
)
def test_a_balance_of_any_day_as_known_at_any_position_is_what_the_log_adds_up_to(
    ledger: Ledger,
    views: Views,
    steps: list[tuple],  # type: ignore[type-arg]
    known: tuple[int, int],
    day: date | None,
) -> None:
    history = History(ledger)
    for book, kind, merchant, cents, posted in steps:
        history.entry(book, kind(merchant, f"{cents // 100}.{cents % 100:02}"), day=posted)
    fold(ledger)
    heads = ledger.reader.heads()
    at = {book: heads[book] * share // 100 for book, share in zip((1, 2), known, strict=True)}
    assert_equals_the_log(ledger, views, at=at, day=day)


def assert_equals_the_log(ledger: Ledger, views: Views, *, at: dict[int, int], day: date | None) -> None:
    """Every merchant's balance, against sums made of the log's own entries."""
    sums: dict[tuple[str, str], int] = {}
    for book, position in at.items():
        for recorded in ledger.reader.read(book, 0, position) if position else ():
            for line in recorded.lines if day is None or recorded.accounting_date <= day else ():
                key = line.get("merchant", ""), line["account"]
                sums[key] = sums.get(key, 0) - line["base"]
    for row in balances(views, AsOf(as_of=day, at=at)).merchants:
        available = row.available.minor - row.due_from_merchant.minor
        shown = {PENDING: row.pending.minor, AVAILABLE: available, PAYOUTS_IN_TRANSIT: row.in_transit.minor}
        for account, fen in shown.items():
            assert fen == sums.pop((row.merchant, account.code), 0), (row.merchant, account.code)
    assert not [key for key, fen in sums.items() if key[0] and fen]
