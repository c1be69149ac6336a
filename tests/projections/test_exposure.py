"""What is open between the platform and others, since when, and in which class of age."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.journal.accounts import AVAILABLE, BUYER_FUNDS, PSP_RECEIVABLE, REFUNDS_PAYABLE
from ledger.journal.entry import Draft, about, debit
from ledger.ledger import Ledger
from ledger.money import Money
from projections.balances import Moment
from projections.engine.reading import Views
from projections.engine.worker import ProjectionWorker
from projections.exposure import exposure
from projections.merchant_balances import MerchantBalances
from tests.projections.history import DAY, History, cny, release

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
    found = exposure(views, Moment(as_of=days(10)))
    ages = {item.order_id: item.age_days for item in found.items if item.account == PSP_RECEIVABLE.code}
    assert ages == {"O-1": 10, "O-2": 5}


def test_amounts_stand_in_their_class_of_age(history: History, views: Views) -> None:
    history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-2"), day=days(5))
    fold(history.ledger)
    (row,) = [r for r in exposure(views, Moment(as_of=days(10))).rows if r.account == PSP_RECEIVABLE.code]
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
    assert {row.account for row in exposure(views, Moment(as_of=days(2))).rows} == {"1110", "2220"}


def test_a_merchants_debt_is_as_old_as_the_day_it_went_below_nothing(history: History, views: Views) -> None:
    history.entry(1, release("M-1", "100.00"), day=DAY)
    history.entry(1, owed_by("M-1", "233.00"), day=days(4))
    history.entry(1, owed_by("M-1", "10.00"), day=days(6))
    fold(history.ledger)
    (item,) = [item for item in exposure(views, Moment(as_of=days(9))).items if item.account == "1310"]
    assert (item.merchant, item.amount, item.since) == ("M-1", cny("143.00"), days(4))


def test_a_merchant_that_is_owed_money_is_no_exposure(history: History, views: Views) -> None:
    history.entry(1, release("M-1", "100.00"), day=DAY)
    fold(history.ledger)
    assert exposure(views).items == ()


def test_what_was_not_known_yet_was_not_open(history: History, views: Views) -> None:
    known = history.entry(1, captured("O-1"), day=DAY)
    history.entry(1, captured("O-1", -1), day=DAY)
    fold(history.ledger)
    assert {row.account for row in exposure(views, Moment(as_of=DAY, at={1: known})).rows} == {"1110", "2220"}
