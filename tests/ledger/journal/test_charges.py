"""No entry takes from a merchant what no merchant pays, whatever the event (domain §0)."""

import pytest

from ledger.journal.accounts import AVAILABLE, CHART, ON_HOLD, PAYOUTS_IN_TRANSIT, PENDING, Account
from ledger.journal.charges import check_charges
from ledger.journal.entry import Draft, debit
from ledger.refusals.finance import MerchantChargeNotAllowed
from tests.support.given import cny

PASSED_ON = {"1010", "1110", "1120", "2210", "2220", "2410", "4110", "4120", "4210", "5210"}
OTHERS = [account for code, account in CHART.items() if not code.startswith("21") and code not in PASSED_ON]
OWN = [PENDING, AVAILABLE, ON_HOLD, PAYOUTS_IN_TRANSIT]


def test_there_are_accounts_no_merchant_pays_for() -> None:
    assert {"5110", "5120", "5130", "5140", "5150", "5290", "2310", "2320"} <= {account.code for account in OTHERS}


@pytest.mark.parametrize("taker", OTHERS, ids=lambda account: account.code)
@pytest.mark.parametrize("account", OWN, ids=lambda account: account.code)
def test_no_cost_of_the_platform_is_taken_from_a_merchant(account: Account, taker: Account) -> None:
    entry = debit(account.of("M-1"), cny("62.00")).credit(taker, cny("62.00"))
    with pytest.raises(MerchantChargeNotAllowed):
        check_charges(entry.lines)


@pytest.mark.parametrize("code", sorted(PASSED_ON))
def test_fee_refunds_disputes_and_payouts_are_taken(code: str) -> None:
    check_charges(debit(AVAILABLE.of("M-1"), cny("5.00")).credit(CHART[code], cny("5.00")).lines)


@pytest.mark.parametrize("giver", CHART.values(), ids=lambda account: account.code)
def test_a_merchant_is_given_money_from_anywhere(giver: Account) -> None:
    of = giver.of("M-1") if giver.code.startswith("21") else giver
    check_charges(debit(of, cny("5.00")).credit(AVAILABLE.of("M-1"), cny("5.00")).lines)


def test_one_merchants_debt_is_not_paid_by_another() -> None:
    entry = debit(AVAILABLE.of("M-1"), cny("133.00")).credit(AVAILABLE.of("M-2"), cny("133.00"))
    with pytest.raises(MerchantChargeNotAllowed):
        check_charges(entry.lines)


def test_a_merchants_own_money_moves_freely() -> None:
    check_charges(debit(PENDING.of("M-1"), cny("9.00")).credit(AVAILABLE.of("M-1"), cny("9.00")).lines)


def test_an_entry_without_merchants_is_nobodys_charge() -> None:
    check_charges(Draft().debit(CHART["5110"], cny("62.00")).credit(CHART["2310"], cny("62.00")).lines)
