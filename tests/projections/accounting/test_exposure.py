"""Open amounts between the platform and others, their age, and their age class."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from operator import itemgetter
from random import Random

import pytest

from ledger.journal.accounts import (
    AVAILABLE,
    BANK_CNY,
    BUYER_FUNDS,
    LOGISTICS_COST,
    PARTNER_PAYABLE,
    PSP_RECEIVABLE,
    REFUNDS_PAYABLE,
)
from ledger.journal.entry import Draft, about, debit
from ledger.ledger import Ledger
from ledger.money import Money
from projections.accounting.exposure import OpenItem, exposure, open_items
from projections.balances.balances import AsOf
from projections.balances.merchant_balances import MerchantBalances
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.support.read_tally import counted
from tests.support.view_history import DAY, History, cny, release

USD = Money.of("69.44", "USD")


@pytest.fixture
def history(ledger: Ledger) -> History:
    return History(ledger)


def fold(ledger: Ledger) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, MerchantBalances()).catch_up()


def captured(order: str, sign: int = 1) -> Draft:
    amount, base = USD * sign, cny("498.58") * sign
    return about(order=order).debit(PSP_RECEIVABLE.at("stripe"), amount, base).credit(BUYER_FUNDS, amount, base)


def owed_by(merchant: str, amount: str) -> Draft:
    return debit(AVAILABLE.of(merchant), cny(amount)).credit(REFUNDS_PAYABLE, cny(amount))


def days(count: int) -> date:
    return DAY + timedelta(days=count)


def test_a_receivable_is_as_old_as_its_capture(history: History, views: Views) -> None:
    history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-2"), day=days(5))
    fold(history.ledger)
    found = exposure(views, AsOf(as_of=days(10)))
    ages = {item.order_id: item.age_days for item in found.items if item.account == PSP_RECEIVABLE.code}
    assert ages == {"O-1": 10, "O-2": 5}


def test_amounts_stand_in_their_class_of_age(history: History, views: Views) -> None:
    history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-2"), day=days(5))
    fold(history.ledger)
    (row,) = [r for r in exposure(views, AsOf(as_of=days(10))).rows if r.account == PSP_RECEIVABLE.code]
    assert (row.psp, row.amount, row.by_age["0-7"], row.by_age["8-30"]) == ("stripe", USD * 2, USD, USD)


def test_what_is_settled_is_no_exposure(history: History, views: Views) -> None:
    history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-1", -1), day=days(3))
    fold(history.ledger)
    assert exposure(views).rows == ()


def test_as_of_the_day_before_it_was_settled_it_was_open(history: History, views: Views) -> None:
    history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-1", -1), day=days(3))
    fold(history.ledger)
    assert {row.account for row in exposure(views, AsOf(as_of=days(2))).rows} == {"1110", "2220"}


def test_a_merchants_debt_is_as_old_as_the_day_it_went_below_nothing(history: History, views: Views) -> None:
    history.entry(1, release("M-1", "100.00"), day=DAY)
    history.entry(1, owed_by("M-1", "233.00"), day=days(4))
    history.entry(1, owed_by("M-1", "10.00"), day=days(6))
    fold(history.ledger)
    (item,) = [item for item in exposure(views, AsOf(as_of=days(9))).items if item.account == "1310"]
    assert (item.merchant, item.amount, item.since) == ("M-1", cny("143.00"), days(4))


def test_a_merchant_that_is_owed_money_is_no_exposure(history: History, views: Views) -> None:
    history.entry(1, release("M-1", "100.00"), day=DAY)
    fold(history.ledger)
    assert exposure(views).items == ()


def test_what_was_not_known_yet_was_not_open(history: History, views: Views) -> None:
    known = history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-1", -1), day=DAY)
    fold(history.ledger)
    assert {row.account for row in exposure(views, AsOf(as_of=DAY, at={1: known})).rows} == {"1110", "2220"}


def freight(order: str, amount: str) -> Draft:
    return about(order=order).debit(LOGISTICS_COST, cny(amount)).credit(PARTNER_PAYABLE, cny(amount))


def test_a_payment_to_partners_settles_the_oldest_charges_whatever_their_order(history: History, views: Views) -> None:
    history.entry(1, freight("O-1", "40.00"), day=DAY)
    history.entry(2, freight("O-2", "60.00"), day=days(5))
    history.entry(0, debit(PARTNER_PAYABLE, cny("55.00")).credit(BANK_CNY, cny("55.00")), day=days(8))
    fold(history.ledger)
    found = exposure(views, AsOf(as_of=days(10))).items
    assert [(item.amount, item.since) for item in found] == [(cny("-45.00"), days(5))]


def test_money_of_no_order_is_as_old_as_the_oldest_that_is_left_of_it(history: History, views: Views) -> None:
    history.entry(0, captured(""), day=DAY)
    history.entry(0, captured(""), day=days(5))
    history.entry(0, captured("", -1), day=days(6))
    fold(history.ledger)
    found = exposure(views, AsOf(as_of=days(10))).items
    assert {(item.account, item.amount, item.base, item.since) for item in found} == {
        ("1110", USD, cny("498.58"), days(5)), ("2220", -USD, cny("-498.58"), days(5)),
    }  # fmt: skip


def test_without_a_day_the_last_one_counts_that_was_posted_to_by_then(history: History, views: Views) -> None:
    known = history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-2"), day=days(5))
    fold(history.ledger)
    answer = exposure(views, AsOf(at={1: known}))
    assert (answer.as_of, {item.age_days for item in answer.items}) == (DAY, {0})


@pytest.mark.parametrize("seed", range(12))
def test_payments_settle_the_oldest_days_first_and_all_that_moved_is_the_sum(
    history: History, views: Views, seed: int
) -> None:
    drawn = Random(seed)
    moves = [(drawn.choice((-1, 1)) * drawn.randrange(1, 5000), days(drawn.randrange(12))) for _ in range(12)]
    moves.sort(key=itemgetter(1))
    for fen, day in moves:
        amount = Money(fen, "CNY")
        history.entry(0, debit(PARTNER_PAYABLE, amount).credit(BANK_CNY, amount), day=day)
    fold(history.ledger)
    found = [(item.since, item.amount.minor) for item in exposure(views).items]
    assert found == oldest_settled_first(moves)
    assert sum(item.base.minor for item in exposure(views).items) == sum(fen for fen, _ in moves)


def oldest_settled_first(moves: list[tuple[int, date]]) -> list[tuple[date, int]]:
    """Settles each move with the oldest of the opposite sign, fen by fen."""
    open_fen: list[tuple[date, int]] = []
    for fen, day in moves:
        for _ in range(abs(fen)):
            sign = 1 if fen > 0 else -1
            if open_fen and open_fen[0][1] != sign:
                open_fen.pop(0)
            else:
                open_fen.append((day, sign))
    sums = Counter[date]()
    for day, sign in open_fen:
        sums[day] += sign
    return sorted(sums.items())


def test_the_cny_of_a_part_is_in_proportion_and_the_newest_day_has_the_rest(history: History, views: Views) -> None:
    for day, amount, base in ((0, 3, 10), (1, -2, -9), (2, 5, 20)):
        moved, value = Money(amount, "USD"), Money(base, "CNY")
        entry = debit(PSP_RECEIVABLE.at("stripe"), moved, value).credit(BUYER_FUNDS, moved, value)
        history.entry(0, entry, day=days(day))
    fold(history.ledger)
    found = [item for item in exposure(views).items if item.account == "1110"]
    assert [(item.amount.minor, item.base.minor) for item in found] == [(1, 3), (5, 18)]


@pytest.mark.parametrize("limit", [1, 3])
def test_a_page_of_open_items_reads_its_own_rows_and_the_pages_are_the_list(
    history: History, views: Views, limit: int
) -> None:
    for number in range(6):
        history.entry(1 + number % 2, captured(f"O-{number}"), day=days(number // 3))
        history.entry(1, freight(f"O-{number}", "40.00"), day=days(number))
    fold(history.ledger)
    whole, pages, after = exposure(views).items, list[OpenItem](), None
    with counted(history.ledger.engine) as of_first:
        open_items(views, limit=limit)
    with counted(history.ledger.engine) as of_two:
        open_items(views, limit=limit + 2)
    while page := open_items(views, limit=limit, after=after):
        pages += page
        last = page[-1]
        after = (last.since, last.account, last.psp, last.merchant, last.order_id, last.currency)
    assert tuple(pages) == whole
    assert of_two.rows - of_first.rows == 2
