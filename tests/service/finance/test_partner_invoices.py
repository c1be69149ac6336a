"""A partner's invoice that is paid too little or too much is a break, with what was charged and what was paid."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from projections.engine.rebuild import verify
from projections.reconciliation.partner_invoices import PartnerInvoices
from service.automation.missing_lines import MissingLines
from service.finance.reconciliation import Mismatch, mismatches
from tests.support.buses import Desk, open_desk, publish_programme
from tests.support.given import FINANCE, PARTNER
from tests.support.sales import merchant_ready, paid, sent
from tests.support.shops import app_of

OF_PARCEL: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "O-1-1", "partner": "sf"}
NUMBERS = count(1)


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """An order on its way."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk, "O-1")
        sent(desk, "O-1")
        yield desk


def charged(desk: Desk, amount: str, invoice_ref: str = "INV-1") -> None:
    about = {"charge_ref": f"ch-{next(NUMBERS)}", "invoice_ref": invoice_ref, "amount": amount}
    desk.expect("record_logistics_charge", actor=PARTNER, **OF_PARCEL, **about)


def settled(desk: Desk, amount: str, *invoice_refs: str) -> None:
    about = {"partner": "sf", "payment_ref": f"pay-{next(NUMBERS)}", "invoice_refs": invoice_refs or ("INV-1",)}
    desk.expect("record_partner_invoice_paid", actor=FINANCE, amount=amount, **about)


def differences(desk: Desk) -> list[tuple[str, str, str]]:
    app = app_of(desk)
    app.catch_up()
    found = mismatches(app)
    return [(each.reference, each.expected, each.actual) for each in found if each.kind == "invoice_mismatch"]


def swept_twice(desk: Desk) -> tuple[list[int], Mismatch]:
    """Returns the breaks that each of two sweeps opened, and the only break of an invoice."""
    app = app_of(desk)
    app.catch_up()
    opened = []
    for _ in range(2):
        opened.append(MissingLines(app).sweep())
        app.catch_up()
    (found,) = (each for each in mismatches(app) if each.kind == "invoice_mismatch")
    return opened, found


def test_an_invoice_that_is_paid_as_charged_is_no_difference(desk: Desk) -> None:
    charged(desk, "CNY 60.00")
    charged(desk, "CNY 40.00")
    settled(desk, "CNY 100.00")
    assert differences(desk) == []


@pytest.mark.parametrize("amount", ["CNY 90.00", "CNY 110.00"], ids=["short", "over"])
def test_an_invoice_that_is_paid_in_another_sum_shows_both(desk: Desk, amount: str) -> None:
    charged(desk, "CNY 100.00")
    settled(desk, amount)
    assert differences(desk) == [("sf INV-1", "CNY 100.00", amount)]


def test_an_invoice_that_is_paid_in_parts_is_no_difference_once_all_of_it_is_paid(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    settled(desk, "CNY 70.00")
    before = differences(desk)
    settled(desk, "CNY 30.00")
    assert (len(before), differences(desk)) == (1, [])


def test_invoices_that_are_paid_together_are_compared_together(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    charged(desk, "CNY 50.00", "INV-2")
    settled(desk, "CNY 149.00", "INV-1", "INV-2")
    assert differences(desk) == [("sf INV-1 INV-2", "CNY 150.00", "CNY 149.00")]


def test_duty_on_an_invoice_is_a_part_of_it(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    duty = {"assessment_ref": "as-1", "amount": "CNY 20.00", "borne_by": "platform", "declared_value": "USD 19.44"}
    desk.expect("report_duty", actor=PARTNER, invoice_ref="INV-1", **OF_PARCEL, **duty)
    settled(desk, "CNY 120.00")
    assert differences(desk) == []


def test_a_charge_of_a_parcel_that_nobody_knows_is_a_part_of_its_invoice_once(desk: Desk) -> None:
    body = {"kind": "freight", "currency": "CNY", "minor": 3000}
    noted = {"system": "sf", "reference": "INV-1.7", "kind": "partner_charge", "refs": {"invoice_ref": "INV-1"}}
    desk.expect("report_unmatched_fact", actor=PARTNER, **noted, body=body)
    placed = {"charge_ref": "INV-1.7", "invoice_ref": "INV-1", "amount": "CNY 30.00"}
    desk.expect("record_logistics_charge", actor=PARTNER, **OF_PARCEL, **placed)
    settled(desk, "CNY 30.00")
    assert differences(desk) == []


def test_an_invoice_that_is_paid_and_never_charged_is_a_difference_after_a_week(desk: Desk) -> None:
    settled(desk, "CNY 100.00", "INV-9")
    before = differences(desk)
    desk.clock.forward(days=8)
    assert (before, differences(desk)) == ([], [("sf INV-9", "nothing", "CNY 100.00")])


def test_what_is_paid_for_charges_under_no_invoice_is_no_difference(desk: Desk) -> None:
    charged(desk, "CNY 60.00")
    charged(desk, "CNY 40.00", "")
    settled(desk, "CNY 100.00", "INV-1", "accrued")
    desk.clock.forward(days=8)
    assert differences(desk) == []


def test_charges_that_are_reported_within_the_week_are_compared(desk: Desk) -> None:
    settled(desk, "CNY 100.00")
    charged(desk, "CNY 100.00")
    desk.clock.forward(days=8)
    assert differences(desk) == []


def test_of_invoices_paid_together_the_one_that_was_never_charged_shows(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    settled(desk, "CNY 150.00", "INV-1", "INV-2")
    desk.clock.forward(days=8)
    assert differences(desk) == [("sf INV-1 INV-2", "CNY 100.00", "CNY 150.00")]


def test_an_invoice_that_nobody_has_paid_is_a_difference_after_the_payment_term(desk: Desk) -> None:
    charged(desk, "CNY 60.00")
    charged(desk, "CNY 40.00")
    desk.clock.forward(days=30)
    before = differences(desk)
    desk.clock.forward(days=1)
    assert (before, differences(desk)) == ([], [("sf INV-1", "CNY 100.00", "nothing")])


def test_an_unpaid_invoice_becomes_a_break_of_the_order_it_charges(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    desk.clock.forward(days=31)
    looked, found = swept_twice(desk)
    assert (looked, found.stream, found.expected) == ([1, 0], "order/M-1/O-1", "CNY 100.00")


def test_the_difference_becomes_a_break_of_the_payment_once(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    settled(desk, "CNY 90.00")
    looked, found = swept_twice(desk)
    assert looked == [1, 0]
    assert (found.stream.split("/")[0], found.expected, found.actual) == ("partner_payment", "CNY 100.00", "CNY 90.00")


def test_the_view_can_be_rebuilt(desk: Desk) -> None:
    charged(desk, "CNY 100.00")
    settled(desk, "CNY 90.00")
    app = app_of(desk)
    app.catch_up()
    assert verify(desk.ledger.engine, PartnerInvoices()).count == 0
