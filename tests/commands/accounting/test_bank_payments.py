"""Payables paid from the bank, and currency converted: what stood where, and the FX between (P21–P23)."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.accounting.record_bank_fx_converted import RecordBankFxConverted
from commands.accounting.record_partner_invoice_paid import RecordPartnerInvoicePaid
from commands.accounting.record_tax_remitted import RecordTaxRemitted
from commands.command import Report
from ledger.events.event import Event
from ledger.events.platform_money import BankFxConverted, PartnerInvoicePaid, TaxRemitted
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.journal.posting import post
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.catalogue import RateMissing, RoleNotAllowed
from tests.support.given import FINANCE, MERCHANT, RATES, ask, cny, given, usd


def invoice(amount: str, **other: Any) -> RecordPartnerInvoicePaid:
    said = {"partner": "yunda", "payment_ref": "pay-1", "invoice_refs": ["inv-1"], "amount": amount}
    return ask(RecordPartnerInvoicePaid, by=other.pop("by", FINANCE), **{**said, **other})


def tax(amount: str, **other: Any) -> RecordTaxRemitted:
    said = {"authority": "cdtfa", "payment_ref": "tax-1", "market": "US", "tax_period": "2025Q1", "amount": amount}
    return ask(RecordTaxRemitted, by=FINANCE, **{**said, **other})


def conversion(sold: str, bought: str, **other: Any) -> RecordBankFxConverted:
    return ask(RecordBankFxConverted, by=FINANCE, bank_ref="fx-1", sold=sold, bought=bought, **other)


def posted(report: Report) -> list[tuple[str, str, int, int]]:
    """Account, currency, amount and base of every line that the report comes to."""
    (event,) = given().when(report).events
    return lines(event)


def lines(event: Event) -> list[tuple[str, str, int, int]]:
    entry = post(event)
    assert entry is not None
    return [(line.account, line.currency, line.amount, line.base) for line in entry.lines]


def test_an_invoice_in_cny_is_paid_from_the_cny_account() -> None:
    assert posted(invoice("CNY 62.00")) == [("2310", "CNY", 6200, 6200), ("1010", "CNY", -6200, -6200)]


def test_an_invoice_in_dollars_paid_in_cny_realises_what_its_value_has_changed_by() -> None:
    assert posted(invoice("USD 20.83", carried="CNY 149.35", cash="CNY 150.00")) == [
        ("2310", "USD", 2083, 14935),
        ("1010", "CNY", -15000, -15000),
        ("5210", "CNY", 65, 65),
    ]


def test_an_invoice_paid_in_its_own_currency_gives_the_cash_up_at_what_it_stood_at() -> None:
    assert posted(invoice("USD 20.83", carried="CNY 149.35", cash_carried="CNY 148.00")) == [
        ("2310", "USD", 2083, 14935),
        ("1020", "USD", -2083, -14800),
        ("5210", "CNY", -135, -135),
    ]


def test_what_a_payable_stood_at_is_the_days_book_rate_where_nothing_else_is_said() -> None:
    event = given().when(invoice("USD 10.00", cash="CNY 71.00")).event(PartnerInvoicePaid)
    assert (event.carried, event.carried_rate, event.base_rate) == (cny("71.80"), RATES[1], None)


def test_tax_goes_to_the_office_of_its_market() -> None:
    event = given().when(tax("USD 5.00", carried="CNY 35.90", cash="CNY 36.00")).then(TaxRemitted).event(TaxRemitted)
    assert lines(event) == [("2320", "USD", 500, 3590), ("1010", "CNY", -3600, -3600), ("5210", "CNY", 10, 10)]


def test_dollars_sold_leave_at_what_they_stood_at() -> None:
    assert posted(conversion("USD 100.00", "CNY 715.00", carried="CNY 718.00")) == [
        ("1010", "CNY", 71500, 71500),
        ("1020", "USD", -10000, -71800),
        ("5210", "CNY", 300, 300),
    ]


def test_dollars_bought_stand_at_what_they_cost() -> None:
    assert posted(conversion("CNY 720.00", "USD 100.00")) == [
        ("1020", "USD", 10000, 72000),
        ("1010", "CNY", -72000, -72000),
    ]


def test_dollars_sold_stood_at_the_days_book_rate_where_nothing_else_is_said() -> None:
    event = given().when(conversion("USD 100.00", "CNY 715.00")).event(BankFxConverted)
    assert (event.carried, event.fx, event.book_rate) == (cny("718.00"), cny("3.00"), RATES[1])


@pytest.mark.parametrize(
    "report",
    [invoice("CNY 62.00"), tax("CNY 5.00"), conversion("USD 1.00", "CNY 7.15")],
    ids=["invoice", "tax", "conversion"],
)
def test_a_movement_is_recorded_once(report: Report) -> None:
    given(*given().when(report).events).when(report).then_nothing()


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (invoice("CNY 62.00"), invoice("CNY 62.01")),
        (tax("CNY 5.00"), tax("CNY 6.00")),
        (conversion("USD 1.00", "CNY 7.15"), conversion("USD 1.00", "CNY 7.16")),
    ],
    ids=["invoice", "tax", "conversion"],
)
def test_the_same_reference_over_another_amount_opens_a_break_once(first: Report, second: Report) -> None:
    before = given().when(first).events
    opened = given(*before).when(second).then(ReconciliationBreakOpened).events
    given(*before, *opened).when(second).then_nothing()


def test_without_a_rate_foreign_money_has_no_value() -> None:
    given(rates=()).when(invoice("USD 10.00")).then_refused(RateMissing, pair="USD/CNY")


def test_a_merchant_pays_no_partner() -> None:
    given().when(invoice("CNY 62.00", by=MERCHANT)).then_refused(RoleNotAllowed)


@pytest.mark.parametrize(("amount", "account"), [("CNY 1.00", "1010"), ("USD 1.00", "1020")])
def test_a_transfer_between_own_accounts_leaves_the_money_where_it_is(amount: str, account: str) -> None:
    debit, credit = posted(conversion(amount, amount))
    assert (debit[0], credit[0]) == (account, account)
    assert (debit[2:], credit[2:]) == ((100, debit[3]), (-100, -debit[3]))


def test_every_movement_stands_under_its_own_reference() -> None:
    reports = (invoice("CNY 1.00"), tax("CNY 1.00"), conversion("USD 1.00", "CNY 7.15"))
    streams = [report.stream for report in reports]
    assert streams == ["partner_payment/yunda/pay-1", "tax_payment/cdtfa/tax-1", "conversion/fx-1"]


@pytest.mark.parametrize(("sold", "bought"), [("USD 1.00", "HKD 7.80"), ("CNY 1.00", "CNY 0.99")])
def test_a_conversion_that_is_not_against_cny_and_a_transfer_of_two_amounts_are_malformed(
    sold: str, bought: str
) -> None:
    with pytest.raises(ValidationError):
        conversion(sold, bought)


@pytest.mark.parametrize("carried", ["USD 10.00", usd("10.00")], ids=str)
def test_nothing_is_carried_in_another_currency(carried: Any) -> None:
    with pytest.raises(ValidationError):
        invoice("USD 10.00", carried=carried)


@pytest.mark.parametrize("report", [invoice("USD 20.83"), tax("USD 20.83"), conversion("USD 20.83", "CNY 149.00")])
def test_a_movement_is_booked_at_an_old_rate_and_flagged(report: Report) -> None:
    strict = ReferencePricing(rate_kind="reference", quote_validity=timedelta(hours=1), max_rate_age=timedelta(days=3))
    moved, flag = given(policies=(strict,)).when(report).events
    assert post(moved)
    assert isinstance(flag, ReconciliationBreakOpened)
    assert flag.kind == "stale_rate"
