"""Tax and duty that come to other sums than buyers paid are breaks, with what was collected and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.money import Money
from projections.engine.rebuild import verify
from projections.reconciliation.taxes import Taxes
from service.automation.missing_lines import MissingLines
from service.finance.reconciliation import mismatches
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import FINANCE, PARTNER
from tests.support.sales import BUYER, PROVIDER, merchant_ready, order_data, sent
from tests.support.shops import app_of

NAMES = {"merchant_id": "M-1", "order_id": "O-1"}
DUTY: dict[str, Any] = {"parcel_id": "O-1-1", "partner": "cbp", "borne_by": "buyer", "declared_value": "USD 19.44"}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """An order on its way, whose buyer paid USD 5.00 of tax."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        data = order_data()
        tax, total = Money(500, "USD"), data["buyer_total"] + Money(500, "USD")
        charges = [{"type": "tax", "amount": tax, "borne_by": "buyer"}]
        desk.expect("place_order", actor=BUYER, **data | {"charges": charges, "buyer_total": total})
        captured = {"payment_id": "pay-1", "psp": "stripe", "capture_ref": "ch-1", "amount": total}
        desk.expect("report_payment_captured", actor=PROVIDER, **NAMES, **captured)
        sent(desk)
        yield desk


def assessed(desk: Desk, amount: str, ref: str = "as-1") -> None:
    desk.expect("report_duty", actor=PARTNER, **NAMES, **DUTY, assessment_ref=ref, amount=amount)


def remitted(desk: Desk, amount: str, ref: str = "tp-1") -> None:
    said = {"authority": "irs", "payment_ref": ref, "market": "US", "amount": amount}
    desk.expect("record_tax_remitted", actor=FINANCE, **said)


def differences(desk: Desk) -> list[tuple[str, str]]:
    app = app_of(desk)
    app.catch_up()
    return [(each.expected, each.actual) for each in mismatches(app) if each.kind == "tax_mismatch"]


def test_duty_that_is_less_than_the_buyer_paid_is_a_difference_after_its_last_assessment(desk: Desk) -> None:
    assessed(desk, "USD 2.00")
    early = differences(desk)
    desk.clock.forward(days=31)
    assert (early, differences(desk)) == ([], [("USD 5.00", "USD 2.00")])


def test_duty_that_a_second_assessment_brings_to_what_the_buyer_paid_is_none(desk: Desk) -> None:
    assessed(desk, "USD 2.00")
    assessed(desk, "USD 3.00", "as-2")
    desk.clock.forward(days=200)
    assert differences(desk) == []


def test_the_rest_of_a_duty_that_was_remitted_as_tax_is_no_difference(desk: Desk) -> None:
    assessed(desk, "USD 2.00")
    remitted(desk, "USD 3.00")
    desk.clock.forward(days=200)
    assert differences(desk) == []


@pytest.mark.parametrize(
    ("amounts", "days", "found"),
    [
        ((), 100, []),
        ((), 160, [("USD 5.00", "USD 0.00")]),
        (("USD 3.00",), 160, [("USD 5.00", "USD 3.00")]),
        (("USD 3.00", "USD 2.00"), 160, []),
        (("USD 6.00",), 1, []),
        (("USD 6.00",), 8, [("USD 5.00", "USD 6.00")]),
    ],
)
def test_tax_that_is_not_remitted_as_it_was_collected_is_a_difference(
    desk: Desk, amounts: tuple[str, ...], days: int, found: list[tuple[str, str]]
) -> None:
    for number, amount in enumerate(amounts):
        remitted(desk, amount, f"tp-{number}")
    desk.clock.forward(days=days)
    assert differences(desk) == found


def test_tax_that_was_remitted_but_never_collected_is_a_difference(desk: Desk) -> None:
    said = {"authority": "hmrc", "payment_ref": "tp-9", "market": "GB", "amount": "GBP 4.00", "carried": "CNY 36.00"}
    desk.expect("record_tax_remitted", actor=FINANCE, **said, cash_carried="CNY 36.00")
    desk.clock.forward(days=8)
    assert differences(desk) == [("GBP 0.00", "GBP 4.00")]


def test_a_difference_of_tax_becomes_a_break_once(desk: Desk) -> None:
    assessed(desk, "USD 2.00")
    desk.clock.forward(days=31)
    app = app_of(desk)
    opened = []
    for _ in range(2):
        app.catch_up()
        opened.append(MissingLines(app).sweep())
    app.catch_up()
    (found,) = (each for each in mismatches(app) if each.kind == "tax_mismatch")
    assert (opened, found.stream, found.expected, found.actual) == ([1, 0], "order/M-1/O-1", "USD 5.00", "USD 2.00")


def test_the_view_of_taxes_can_be_rebuilt(desk: Desk) -> None:
    assessed(desk, "USD 2.00")
    remitted(desk, "USD 1.00")
    app = app_of(desk)
    app.catch_up()
    assert verify(desk.ledger.engine, Taxes()).count == 0
