"""A refund after the payout: the merchant owes it, the next release makes up for it (domain §4.5, scenario 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.actors import Actor
from ledger.money import Money
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.sales import BUYER, OWNER, PROVIDER, QUOTE, merchant_ready, order_data, released, signed

FINANCE = Actor(kind="platform", id="fang", role="finance")
SERVICE_DESK = Actor(kind="platform", id="cs", role="platform_cs")
BANK = Actor(kind="partner", id="bank", role="service")
ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """Line A (2 × CNY 180.00) and B (CNY 140.00) sold and released, CNY 475.00 paid out, B returned and approved."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        sell(desk)
        pay_out(desk, "P-1")
        asked = {"refund_id": "R-1", "reason": "damaged", "lines": [{"line_id": "B", "qty": 1}]}
        desk.expect("request_refund", actor=BUYER, **asked, **ORDER)
        desk.expect("approve_refund", actor=SERVICE_DESK, refund_id="R-1", round=1, **ORDER)
        yield desk


def line(line_id: str, qty: int, list_minor: int) -> dict[str, Any]:
    unit = Money(list_minor, "CNY")
    (shape,) = order_data()["lines"]
    return {**shape, "line_id": line_id, "qty": qty, "unit_list": unit, "unit_reference": QUOTE.convert_back(unit)}


def sell(desk: Desk) -> None:
    lines = [line("A", 2, 18_000), line("B", 1, 14_000)]
    totals = {"list_total": "CNY 500.00", "buyer_total": "USD 69.44"}
    desk.expect("place_order", actor=BUYER, **{**order_data(), "lines": lines, **totals})
    capture = {"payment_id": "pay-1", "psp": "stripe", "capture_ref": "ch-1", "amount": "USD 69.44"}
    desk.expect("report_payment_captured", actor=PROVIDER, **ORDER, **capture)
    parcel = {**ORDER, "parcel_id": "O-1-1"}
    items = [{"line_id": "A", "qty": 2}, {"line_id": "B", "qty": 1}]
    desk.expect("create_parcel", actor=OWNER, items=items, warehouse_id="WH-1", **parcel)
    desk.expect("dispatch_parcel", actor=OWNER, carrier="sf", tracking_no="SF1", **parcel)
    signed(desk)
    desk.clock.forward(days=7, minutes=1)
    desk.expect("release_settlement", actor=PLATFORM, **ORDER)


def pay_out(desk: Desk, payout_id: str) -> None:
    desk.expect("initiate_payout", actor=FINANCE, merchant_id="M-1", payout_id=payout_id)
    desk.expect("report_payout_paid", actor=BANK, merchant_id="M-1", payout_id=payout_id)


def balances(desk: Desk, merchant_id: str = "M-1") -> Counter[str]:
    """CNY base by account, debit positive, of the merchant's book."""
    sums: Counter[str] = Counter()
    for row in desk.ledger.reader.read(desk.ledger.directory.book_of(merchant_id), 0, 1000):
        for posted in row.lines:
            sums[posted["account"]] += posted["base"]
    return sums


def test_the_merchant_owes_what_was_refunded_less_the_fee_on_it(desk: Desk) -> None:
    assert balances(desk)["2120"] == 13_300


def test_the_fee_on_what_was_refunded_is_given_back(desk: Desk) -> None:
    assert balances(desk)["4120"] == 700


def test_a_merchant_in_debt_is_paid_nothing(desk: Desk) -> None:
    refused = desk.ask("initiate_payout", actor=FINANCE, merchant_id="M-1", payout_id="P-2")
    assert refused.code == "INSUFFICIENT_AVAILABLE"


def test_the_next_release_makes_up_for_the_debt_first(desk: Desk) -> None:
    released(desk, "O-2", list_minor=26_000)
    assert balances(desk)["2120"] == -11_400


def test_what_is_left_of_the_next_release_is_paid_out(desk: Desk) -> None:
    released(desk, "O-2", list_minor=26_000)
    before = balances(desk)["1010"]
    pay_out(desk, "P-2")
    assert (before - balances(desk)["1010"], balances(desk)["2120"]) == (11_400, 0)


def test_one_merchants_debt_is_not_made_up_for_by_another(desk: Desk) -> None:
    merchant_ready(desk, "M-2")
    released(desk, "O-3", "M-2", list_minor=26_000)
    outcome = desk.expect("initiate_payout", actor=FINANCE, merchant_id="M-2", payout_id="P-9")
    (row,) = desk.ledger.reader.read(outcome.book, outcome.first - 1, 1)
    assert {posted["account"]: posted["base"] for posted in row.lines} == {"2120": 24_700, "2140": -24_700}


def test_a_debt_that_two_people_give_up_is_gone(desk: Desk) -> None:
    debt: dict[str, Any] = {"merchant_id": "M-1", "amount": "CNY 133.00"}
    desk.expect("write_off_merchant_debt", actor=PLATFORM, **debt)
    assert (balances(desk)["2120"], balances(desk)["5170"]) == (0, 13_300)
