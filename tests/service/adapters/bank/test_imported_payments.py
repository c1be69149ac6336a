"""Bank statements meet what was paid and changed at the bank, in yuan and in foreign money."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.actors import Actor
from projections.reconciliation.expected_at_bank import ExpectedAtBank, expected_under
from projections.worklists.exceptions import Exceptions, exceptions
from service.automation.missing_lines import MissingLines
from service.finance.reconciliation import GRACE_DAYS
from service.intake.bank_statements import import_camt
from service.partner_facts.files import RawFile
from tests.service.adapters.bank.statements import entry, statement
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.sales import BUYER, merchant_ready, paid
from tests.support.shops import app_of

FINANCE = Actor(kind="platform", id="fay", role="finance")


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A ledger where USD 5.00 were bought for CNY 36.00, and USD 19.44 of a refund went out by transfer."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        desk.clock.forward(days=1)
        names = {"merchant_id": "M-1", "order_id": "O-1", "refund_id": "R-1"}
        desk.expect("cancel_order", actor=BUYER, reason="changed_mind", **names)
        transfer = {"method": "bank_transfer", "reference": "TR-1"}
        desk.expect("pay_refund_by_alternative", actor=PLATFORM, **transfer, **names)
        desk.expect("record_bank_fx_converted", bank_ref="FX-1", sold="CNY 36.00", bought="USD 5.00")
        desk.clock.forward(days=20)
        yield desk


def shown(desk: Desk, *entries: str, closing: str, currency: str = "CNY") -> None:
    account = f"ICBC-{currency}"
    content = statement(*entries, closing=closing, statement_id=f"S-{currency}").replace(b"ICBC-1", account.encode())
    app = app_of(desk)
    summary = import_camt(app, RawFile(f"{account}.xml", content.replace(b'Ccy="CNY"', f'Ccy="{currency}"'.encode())))
    assert summary.refused == 0, summary.refusals
    app.catch_up([ExpectedAtBank(), Exceptions()])


def breaks(desk: Desk) -> list[tuple[str, str, str]]:
    return [(found.kind, found.expected, found.actual) for found in exceptions(app_of(desk).views)]


def entries_of(desk: Desk, reference: str) -> list[tuple[str, str]]:
    return [(str(each.amount), each.entry) for each in expected_under(app_of(desk).views, [reference])]


def test_a_refund_by_transfer_is_found_on_the_statement_of_its_currency(desk: Desk) -> None:
    shown(desk, entry("-19.44", reference="TR-1"), closing="80.56", currency="USD")
    assert (breaks(desk), entries_of(desk, "TR-1")) == ([], [("USD -19.44", "ICBC-USD/USD/S-USD/2025-04-20/1")])


def test_another_amount_than_was_refunded_is_a_break(desk: Desk) -> None:
    shown(desk, entry("-20.44", reference="TR-1"), closing="79.56", currency="USD")
    assert breaks(desk) == [("amount_mismatch", "USD -19.44", "USD -20.44 on 2025-04-20")]


def test_both_sides_of_an_exchange_are_found_each_on_its_own_statement(desk: Desk) -> None:
    shown(desk, entry("-36.00", reference="FX-1"), closing="64.00")
    assert entries_of(desk, "FX-1") == [("CNY -36.00", "ICBC-CNY/CNY/S-CNY/2025-04-20/1"), ("USD 5.00", "")]
    shown(desk, entry("5.00", reference="FX-1"), closing="105.00", currency="USD")
    assert (breaks(desk), entries_of(desk, "FX-1")[1]) == ([], ("USD 5.00", "ICBC-USD/USD/S-USD/2025-04-20/1"))


def test_foreign_money_is_missed_once_statements_in_its_currency_come_in(desk: Desk) -> None:
    desk.clock.forward(days=GRACE_DAYS)
    shown(desk, entry("-36.00", reference="FX-1"), closing="64.00")
    assert missed(desk) == []
    shown(desk, entry("5.00", reference="FX-1"), closing="105.00", currency="USD")
    assert missed(desk) == [("bank_line_missing", "USD -19.44", "nothing")]


def missed(desk: Desk) -> list[tuple[str, str, str]]:
    app = app_of(desk)
    app.catch_up()
    MissingLines(app).sweep()
    app.catch_up()
    return breaks(desk)


def pays_partner(desk: Desk, payment_ref: str, amount: str) -> None:
    reported = {"partner": "sf", "payment_ref": payment_ref, "amount": amount, "cash": amount, "bank_ref": "RUN-7"}
    desk.expect("record_partner_invoice_paid", **reported)
    app_of(desk).catch_up()


def owed_to_partner(desk: Desk) -> None:
    lines = [
        {"account": "5110", "side": "debit", "amount": "CNY 500.00"},
        {"account": "2310", "side": "credit", "amount": "CNY 500.00"},
    ]
    desk.expect("post_adjustment", adjustment_id="A-1", lines=lines, actor=PLATFORM)


def in_one_run(desk: Desk, *amounts: str) -> None:
    """Payments that the bank carries out under one reference."""
    owed_to_partner(desk)
    for n, amount in enumerate(amounts, start=1):
        pays_partner(desk, f"PAY-{n}", f"CNY {amount}")


def open_of(desk: Desk, reference: str = "RUN-7") -> list[str]:
    return [amount for amount, entry in entries_of(desk, reference) if not entry]


@pytest.mark.parametrize("amounts", [("10.00", "30.00"), ("20.00", "20.00")], ids=["two amounts", "one amount"])
def test_two_transfers_under_one_reference_are_expected_and_shown_each(desk: Desk, amounts: tuple[str, str]) -> None:
    in_one_run(desk, *amounts)
    assert open_of(desk) == [f"CNY -{amount}" for amount in amounts]
    shown(desk, *(entry(f"-{amount}", reference="RUN-7") for amount in amounts), closing="60.00")
    assert (open_of(desk), breaks(desk)) == ([], [])


@pytest.mark.parametrize("amounts", [("10.00", "30.00"), ("20.00", "20.00")], ids=["two amounts", "one amount"])
def test_of_two_transfers_under_one_reference_the_one_that_is_not_shown_is_missed(
    desk: Desk, amounts: tuple[str, str]
) -> None:
    in_one_run(desk, *amounts)
    shown(desk, entry(f"-{amounts[0]}", reference="RUN-7"), closing=str(100 - Decimal(amounts[0])))
    assert open_of(desk) == [f"CNY -{amounts[1]}"]
    desk.clock.forward(days=GRACE_DAYS + 1)
    of_the_run = [found for found in missed(desk) if found[1] == f"CNY -{amounts[1]}"]
    assert of_the_run == [("bank_line_missing", f"CNY -{amounts[1]}", "nothing")]


def test_both_are_missed_where_neither_is_shown(desk: Desk) -> None:
    in_one_run(desk, "20.00", "20.00")
    shown(desk, entry("-36.00", reference="FX-1"), closing="64.00")
    desk.clock.forward(days=GRACE_DAYS + 1)
    assert [found[1] for found in missed(desk)] == ["CNY -20.00", "CNY -20.00"]


def test_a_transfer_more_than_were_expected_under_a_reference_is_a_break(desk: Desk) -> None:
    in_one_run(desk, "20.00", "20.00")
    shown(desk, *(entry("-20.00", reference="RUN-7") for _ in range(3)), closing="40.00")
    assert (open_of(desk), [kind for kind, _, _ in breaks(desk)]) == ([], ["bank_unmatched"])


def test_another_amount_goes_to_the_transfer_that_is_left(desk: Desk) -> None:
    in_one_run(desk, "20.00", "30.00")
    shown(desk, entry("-20.00", reference="RUN-7"), entry("-31.00", reference="RUN-7"), closing="49.00")
    assert (open_of(desk), breaks(desk)) == ([], [("amount_mismatch", "CNY -30.00", "CNY -31.00 on 2025-04-20")])
