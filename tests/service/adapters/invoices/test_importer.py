"""Invoices for freight and duty: each row to its parcel, what no parcel travels under to unmatched items."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.menu import MENU
from ledger.references import number_key
from projections.accounting.order_contribution import OrderContribution, contributions
from projections.balances.balances import AsOf
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.invoices.neutral_csv import COLUMNS, read_invoice
from service.app import App
from service.formats.bad_file import BadFile
from service.intake.files import FileSummary
from service.intake.invoices import import_invoice
from service.partner_facts.files import RawFile
from tests.support.buses import open_desk, publish_programme
from tests.support.sales import OWNER, merchant_ready, paid, sent
from tests.support.shops import app_of
from tests.support.view_history import cny


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """A ledger with one parcel on its way, under the number SFO-1."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk, qty=2)
        sent(desk)
        desk.clock.forward(days=20)
        yield app_of(desk)


SECOND_PARCEL: dict[str, dict[str, Any]] = {
    "create_parcel": {"items": [{"line_id": "L1", "qty": 1}], "warehouse_id": "WH-1"},
    "dispatch_parcel": {"carrier": "sf", "tracking_no": "SFO-2"},
}


def freight(ref: str = "1", tracking_no: str = "SFO-1", amount: str = "62.00", currency: str = "CNY") -> str:
    return f"INV-1,{ref},freight,{tracking_no},,,,{currency},{amount},,,,2025-04-10"


def duty(ref: str = "2", amount: str = "20.83") -> str:
    return f"INV-1,{ref},duty,SFO-1,,,,CNY,{amount},69.44,USD,platform,2025-04-10"


def total(count: int, amount: str) -> str:
    return f"INV-1,{count},total,,,,,CNY,{amount},,,,2025-04-10"


def invoice(*rows: str) -> bytes:
    return "\n".join([",".join(COLUMNS), *rows, ""]).encode()


def imported(app: App, content: bytes, name: str = "i.csv") -> FileSummary:
    return import_invoice(app, RawFile(name, content), partner="sf")


def test_freight_and_duty_go_to_the_order_of_their_parcel(app: App) -> None:
    summary = imported(app, invoice(freight(), duty(), total(2, "82.83")))
    app.catch_up([OrderContribution()])
    (order,) = contributions(app.views, AsOf(), order="O-1").orders
    assert (summary.recorded, order.freight, order.duty) == (2, cny("-62.00"), cny("-20.83"))


def test_a_number_that_nothing_travels_under_waits_unmatched(app: App) -> None:
    imported(app, invoice(freight(tracking_no="SF999"), total(1, "62.00")))
    app.catch_up([Exceptions()])
    assert [found.kind for found in exceptions(app.views)] == ["unmatched"]


def test_the_same_charge_with_another_amount_is_a_break(app: App) -> None:
    imported(app, invoice(freight(), total(1, "62.00")))
    imported(app, invoice(freight(amount="63.00"), total(1, "63.00")))
    app.catch_up([Exceptions()])
    assert [found.kind for found in exceptions(app.views)] == ["amount_mismatch"]


def test_the_first_row_of_another_invoice_is_another_charge(app: App) -> None:
    imported(app, invoice(freight(), total(1, "62.00")))
    imported(app, invoice(freight(), total(1, "62.00")).replace(b"INV-1", b"INV-2"))
    app.catch_up([OrderContribution()])
    (order,) = contributions(app.views, AsOf(), order="O-1").orders
    assert order.freight == cny("-124.00")


def test_a_row_that_waited_goes_to_its_parcel_where_that_is_asked_for(app: App) -> None:
    content = invoice(freight(tracking_no="SFO-2"), total(1, "62.00"))
    imported(app, content)
    for name, data in SECOND_PARCEL.items():
        command = {"id": name, "actor": OWNER, "merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-2", **data}
        app.bus.submit([MENU[name].command.model_validate(command)])
    heads = app.ledger.reader.heads()
    assert (imported(app, content).recorded, app.ledger.reader.heads()) == (0, heads)
    matched = import_invoice(app, RawFile("i.csv", content), partner="sf", match=True)
    app.catch_up([OrderContribution(), Exceptions()])
    (order,) = contributions(app.views, AsOf(), order="O-1").orders
    assert (matched.recorded, order.freight, exceptions(app.views)) == (1, cny("-62.00"), ())


def test_a_day_that_lies_years_ahead_is_refused_and_nothing_is_recorded(app: App) -> None:
    heads = app.ledger.reader.heads()
    with pytest.raises(BadFile, match="line 2: the day 2052-04-10 is not between"):
        imported(app, invoice(freight(), total(1, "62.00")).replace(b"2025", b"2052"))
    assert app.ledger.reader.heads() == heads


def test_the_same_invoice_again_changes_nothing(app: App) -> None:
    imported(app, invoice(freight(), total(1, "62.00")))
    heads = app.ledger.reader.heads()
    assert imported(app, invoice(freight(), total(1, "62.00")), "other.csv").known
    assert app.ledger.reader.heads() == heads


@pytest.mark.parametrize(
    ("content", "at", "says"),
    [
        (invoice(freight(), total(1, "62.00")).replace(b"charged_on", b"day"), 1, "charged_on is missing"),
        (invoice(freight(), total(1, "63.00")), 3, "the 1 rows come to CNY 62.00"),
        (invoice(freight(), total(2, "62.00")), 3, "62.00 for 2 rows"),
        (invoice(freight()), 2, "without its total"),
        (invoice(freight(amount="-1.00"), total(1, "-1.00")), 2, "not more than zero"),
        (invoice(freight(tracking_no=""), total(1, "62.00")), 2, "neither a tracking number nor"),
        (invoice(duty().replace("platform", "merchant"), total(1, "20.83")), 2, "borne_by is 'merchant'"),
        (invoice(duty().replace("69.44", ""), total(1, "20.83")), 2, "declared_value"),
        (invoice(duty().replace("69.44", "-69.44"), total(1, "20.83")), 2, "declared_value is '-69.44', not a value"),
        (invoice(freight(amount="6_2.00"), total(1, "62.00")), 2, "not an amount in CNY"),
        (invoice(), None, "no line in it"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(content: bytes, at: int | None, says: str) -> None:
    with pytest.raises(BadFile) as refused:
        read_invoice("i.csv", content)
    assert (refused.value.line, says in str(refused.value)) == (at, True), str(refused.value)


@pytest.mark.parametrize(
    ("content", "at", "says"),
    [
        (invoice(freight(), freight("2", currency="USD"), total(2, "124.00")), 3, "in USD, the invoice in CNY"),
        (invoice(freight(), freight("2").replace("INV-1", "INV-2"), total(2, "124.00")), 3, "belongs to another"),
        (invoice(freight(), freight(), total(2, "124.00")), 3, "the line 1 is already in line 2"),
        (invoice(freight(), total(1, "62.00"), freight("2")), 4, "comes after the total"),
        (invoice(freight(), freight("2") + ",more", total(2, "124.00")), 3, "columns, not"),
        (invoice(freight(), freight("2", amount="6_2.00"), total(2, "124.00")), 3, "not an amount in CNY"),
    ],
)
def test_a_row_that_nobody_can_use_leaves_its_neighbours(content: bytes, at: int, says: str) -> None:
    read = read_invoice("i.csv", content)
    (unread,) = read.unread
    assert [line.line_ref for line in read.lines] == ["1"]
    assert (unread.line, says in unread.reason) == (at, True), unread.reason


def test_a_tracking_number_that_is_no_word_is_known_by_its_digest() -> None:
    (line,) = read_invoice("i.csv", invoice(freight(tracking_no="SF\0"), total(1, "62.00"))).lines
    assert line.tracking_no == number_key("SF\0")
    assert "\0" not in line.tracking_no
