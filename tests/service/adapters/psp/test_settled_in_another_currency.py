"""Reports of providers that settle in another currency than they charged, in each form that is read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.money import Money
from projections.accounting.account_turnovers import AccountTurnovers
from projections.accounting.books_of_account import turnover_balance
from projections.reconciliation.expected_at_bank import ExpectedAtBank, expected_under
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.psp.adyen_report import read_adyen
from service.adapters.psp.neutral_csv import COLUMNS, read_neutral
from service.adapters.psp.stripe_report import read_stripe
from service.app import App
from service.intake.files import FileSummary
from service.intake.settlement_reports import import_report
from service.partner_facts.files import RawFile
from tests.service.adapters.psp.reports import adyen, adyen_payout, entry
from tests.support.buses import open_desk, publish_programme
from tests.support.sales import merchant_ready, paid
from tests.support.shops import app_of

STRIPE = (
    "automatic_payout_id,automatic_payout_effective_at,balance_transaction_id,currency,gross,fee,net,reporting_category,"
    "source_id,charge_id,customer_facing_amount,customer_facing_currency"
)
DAY = "2025-04-10 00:00:00"
CHARGE = f"po_1,{DAY},txn_1,hkd,151.00,5.00,146.00,charge,ch-O-1,ch-O-1,19.44,usd"
UNSAID = f"po_1,{DAY},txn_1,hkd,151.00,5.00,146.00,charge,ch-O-1,ch-O-1,,"
FEE = f"po_1,{DAY},txn_2,hkd,-2.00,0.00,-2.00,fee,,,,"


@pytest.fixture
def app(database_url: str, tmp_path: Path) -> Iterator[App]:
    """A ledger with one capture of USD 19.44 at 7.1800, not settled yet."""
    with open_desk(database_url, tmp_path) as desk:
        publish_programme(desk)
        merchant_ready(desk)
        paid(desk)
        desk.clock.forward(days=20)
        yield app_of(desk)


def stripe(app: App, *rows: str, received: Money | None = None) -> None:
    file = RawFile("r.csv", "\n".join([STRIPE, *rows, ""]).encode())
    batches = read_stripe(file.name, file.content, rates={"HKD": "0.9150"}, received=received)
    import_report(app, file, batches, psp="stripe")


def neutral(app: App, header: str, *rows: str) -> None:
    file = RawFile("r.csv", "\n".join([header, *rows, ""]).encode())
    import_report(app, file, read_neutral(file.name, file.content, psp="stripe"), psp="stripe")


def balances(app: App, *accounts: str) -> dict[tuple[str, str], int]:
    app.catch_up([AccountTurnovers()])
    rows = turnover_balance(app.views).rows
    found = {(row.account, row.currency): row.closing.minor for row in rows if row.account in accounts}
    return {key: minor for key, minor in found.items() if minor}


def kinds(app: App) -> list[str]:
    app.catch_up([Exceptions()])
    return sorted(found.kind for found in exceptions(app.views))


IN_1020 = {("1020", "HKD"): 146_00, ("5130", "HKD"): 5_00}


@pytest.mark.parametrize("row", [CHARGE, UNSAID], ids=["customer-facing amount", "without it"])
def test_stripes_charge_pays_into_the_foreign_account(app: App, row: str) -> None:
    stripe(app, row)
    assert (balances(app, "1010", "1020", "1110", "5130"), kinds(app)) == (IN_1020, [])


def test_stripes_payout_that_the_bank_got_in_cny_stands_in_the_cny_account(app: App) -> None:
    stripe(app, CHARGE, received=Money(133_59, "CNY"))
    assert balances(app, "1010", "1020", "1110") == {("1010", "CNY"): 133_59}


def test_a_fee_of_the_account_is_taken_from_the_same_deposit(app: App) -> None:
    stripe(app, CHARGE, FEE)
    expected = {("1020", "HKD"): 144_00, ("5130", "HKD"): 7_00}
    assert (balances(app, "1010", "1020", "1110", "5130"), kinds(app)) == (expected, [])


def test_the_bank_is_to_show_the_foreign_deposit(app: App) -> None:
    stripe(app, CHARGE, FEE)
    app.catch_up([ExpectedAtBank()])
    (found,) = expected_under(app.views, ["po_1"])
    assert found.amount == Money(144_00, "HKD")


ROW = "B-1,bt-1,charge,ch-O-1,,,HKD,151.00,5.00,146.00,0.9150,,2025-04-10,DEP-1"
TOTAL = "B-1,1,total,,,,HKD,151.00,5.00,146.00,,,2025-04-10,DEP-1"


def test_the_neutral_form_names_what_the_buyer_was_charged(app: App) -> None:
    neutral(app, ",".join((*COLUMNS, "charged_currency", "charged_gross")), ROW + ",USD,19.44", TOTAL + ",,")
    assert (balances(app, "1010", "1020", "1110", "5130"), kinds(app)) == (IN_1020, [])


def test_the_neutral_form_without_it_comes_to_the_same(app: App) -> None:
    neutral(app, ",".join(COLUMNS), ROW, TOTAL)
    assert (balances(app, "1010", "1020", "1110", "5130"), kinds(app)) == (IN_1020, [])


def test_the_neutral_form_that_says_what_the_bank_got_in_cny_pays_into_the_cny_account(app: App) -> None:
    neutral(app, ",".join(COLUMNS), ROW, TOTAL.replace(",,2025", ",133.59,2025"))
    assert balances(app, "1010", "1020", "1110") == {("1010", "CNY"): 133_59}


ADYENS = entry(own="ch-O-1", gross="USD,,19.44,7.7675", net="HKD,,146.00", costs="1.00,4.00,,")
ADYENS_FEE = entry("Fee", "Transaction Fees", payment="", gross=",,,", net="HKD,2.00,", costs=",,,")


def adyens(app: App, *rows: str) -> FileSummary:
    """Imports a report of Adyen for the captures that the tests' provider reported."""
    file = RawFile("r.csv", adyen(*rows))
    batches = read_adyen(file.name, file.content, rates={"HKD": "0.9150"})
    return import_report(app, file, batches, psp="stripe")


def test_adyens_two_currencies_come_to_the_same(app: App) -> None:
    adyens(app, ADYENS, ADYENS_FEE, adyen_payout("144.00", currency="HKD"))
    expected = {("1020", "HKD"): 144_00, ("5130", "HKD"): 7_00}
    assert (balances(app, "1010", "1020", "1110", "5130"), kinds(app)) == (expected, [])


def test_the_bank_is_to_show_adyens_payout_by_the_reference_in_its_description(app: App) -> None:
    adyens(app, ADYENS, ADYENS_FEE, adyen_payout("144.00", currency="HKD"))
    app.catch_up([ExpectedAtBank()])
    (found,) = expected_under(app.views, ["TX9001XT"])
    assert found.amount == Money(144_00, "HKD")


def test_a_row_of_adyens_account_waits_unmatched_with_its_type_and_the_batch_shows_its_money(app: App) -> None:
    kept_back = entry("DepositCorrection", "Deposit", payment="", gross=",,,", net="HKD,40.00,", costs=",,,")
    adyens(app, ADYENS, kept_back, adyen_payout("106.00", currency="HKD"))
    assert kinds(app) == ["psp_batch_mismatch", "unmatched"]
    (kept,) = exceptions(app.views, kind="unmatched")
    assert (kept.refs["category"], kept.refs["amount"]) == ("DepositCorrection", "HKD -40.00")


def test_a_bad_row_of_adyens_report_is_kept_and_its_neighbours_are_settled(app: App) -> None:
    summary = adyens(app, ADYENS, entry(own="CAP2", net="HKD,,x"), adyen_payout("160.00", currency="HKD"))
    assert (summary.recorded, len(summary.unread), balances(app, "1110")) == (3, 1, {})
