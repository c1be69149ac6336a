"""The platform's result of each order; the results of all orders sum to the platform's whole result."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.journal.accounts import (
    DUTIES_BORNE,
    GOODS_LOST,
    LOGISTICS_COST,
    PARTNER_PAYABLE,
    PENDING,
    PRICING_MARGIN,
    PSP_FEES,
    SERVICE_FEE,
)
from ledger.journal.entry import Draft, about
from ledger.ledger import Ledger
from projections.accounting.order_contribution import OrderContribution, contributions
from projections.balances.balances import AsOf
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from tests.support.view_history import DAY, History, an_event, cny

LATER = date(2025, 5, 1)


@pytest.fixture
def history(ledger: Ledger) -> History:
    return History(ledger)


def fold(ledger: Ledger) -> None:
    ProjectionWorker(ledger.engine, ledger.reader, OrderContribution()).catch_up()


def cost(order: str, amount: str) -> Draft:
    return about(order=order).debit(LOGISTICS_COST, cny(amount)).credit(PARTNER_PAYABLE, cny(amount))


def fee(order: str, amount: str) -> Draft:
    return about(order=order, market="US").debit(PENDING.of("M-1"), cny(amount)).credit(SERVICE_FEE, cny(amount))


def record(history: History, draft: Draft, *, order: str = "O-1", day: date = DAY) -> int:
    return history.record(1, [an_event(draft, day=day, stream=f"order/M-1/{order}")])


def test_the_result_is_what_was_earned_less_what_was_borne(history: History, views: Views) -> None:
    record(history, fee("O-1", "18.00"))
    record(history, cost("O-1", "62.00"))
    fold(history.ledger)
    (order,) = contributions(views).orders
    assert (order.merchant, order.market, order.fee, order.freight, order.result) == (
        "M-1", "US", cny("18.00"), cny("-62.00"), cny("-44.00")
    )  # fmt: skip


def test_every_account_of_the_result_has_its_column(history: History, views: Views) -> None:
    draft = about(order="O-1").debit(PSP_FEES, cny("1.00")).debit(DUTIES_BORNE, cny("2.00"))
    draft.debit(GOODS_LOST, cny("4.00")).debit(PRICING_MARGIN, cny("8.00")).credit(PARTNER_PAYABLE, cny("15.00"))
    record(history, draft)
    fold(history.ledger)
    (order,) = contributions(views).orders
    assert [order.psp, order.duty, order.losses, order.margin] == [cny(f"-{n}.00") for n in (1, 2, 4, 8)]


def test_the_greatest_loss_comes_first_and_the_total_is_of_all(history: History, views: Views) -> None:
    record(history, cost("O-1", "1.00"))
    record(history, cost("O-2", "9.00"), order="O-2")
    fold(history.ledger)
    found = contributions(views, limit=1)
    assert [order.order_id for order in found.orders] == ["O-2"]
    assert (found.total.result, found.count) == (cny("-10.00"), 2)


def test_an_order_as_of_a_day_leaves_out_what_came_later(history: History, views: Views) -> None:
    record(history, fee("O-1", "18.00"))
    record(history, cost("O-1", "62.00"), day=LATER)
    fold(history.ledger)
    (order,) = contributions(views, AsOf(as_of=DAY), order="O-1").orders
    assert order.result == cny("18.00")


def test_an_order_as_it_was_known_leaves_out_what_was_recorded_later(history: History, views: Views) -> None:
    known = record(history, fee("O-1", "18.00"))
    record(history, cost("O-1", "62.00"))
    fold(history.ledger)
    (order,) = contributions(views, AsOf(at={1: known})).orders
    assert order.result == cny("18.00")


def test_what_belongs_to_no_order_is_a_row_of_its_own(history: History, views: Views) -> None:
    history.record(
        0,
        [an_event(Draft().debit(PSP_FEES, cny("3.00")).credit(PARTNER_PAYABLE, cny("3.00")), stream="psp_batch/b1")],
    )
    fold(history.ledger)
    assert [(row.order_id, row.psp) for row in contributions(views).orders] == [("", cny("-3.00"))]
