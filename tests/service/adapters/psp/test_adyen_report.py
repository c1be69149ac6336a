"""Adyen's Settlement details report: what each journal type settles, in one currency or two."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.fx import CNY
from ledger.money import Money
from service.adapters.psp.adyen_report import KINDS, PAYOUT, read_adyen
from service.formats.bad_file import BadFile
from service.formats.settlement_rows import RateNotGiven
from service.partner_facts.settlement import ReportBatch
from tests.service.adapters.psp.reports import ADYEN, adyen, adyen_payout, entry

RATES = {"USD": "7.1500", "HKD": "0.9150"}
OWN_COST = {"payment": "", "gross": ",,,", "costs": ",,,"}


def read(*rows: str, header: str = ADYEN) -> list[ReportBatch]:
    return read_adyen("report.csv", adyen(*rows, header=header), rates=RATES)


def test_a_batch_is_of_one_merchant_account_and_currency_and_ends_with_its_payout() -> None:
    (batch,) = read(entry(), adyen_payout())
    assert (batch.batch_ref, batch.value_date, batch.bank_entry_ref, batch.cash) == (
        "ShopUS.7.USD", date(2025, 4, 12), "TX9001XT", None
    )  # fmt: skip


def test_a_capture_is_settled_with_all_its_costs() -> None:
    (batch,) = read(entry(), adyen_payout())
    (line,) = batch.lines
    assert (line.kind, line.reference, line.also, line.charged) == ("charge", "CAP1", ("PSP1",), None)
    assert (str(line.gross), str(line.fee), str(line.net)) == ("USD 19.44", "USD 0.86", "USD 18.58")


def test_costs_that_are_not_broken_down_are_the_difference_of_gross_and_net() -> None:
    (batch,) = read(entry(costs=",,,"), adyen_payout())
    assert str(batch.lines[0].fee) == "USD 0.86"


def test_a_row_in_two_currencies_has_the_amount_that_the_buyer_was_charged() -> None:
    (batch,) = read(
        entry(gross="USD,,19.44,7.76", net="HKD,,146.00", costs=",4.85,,"), adyen_payout("146.00", currency="HKD")
    )
    (line,) = batch.lines
    assert (str(line.charged), str(line.gross), str(line.fee), str(line.net)) == (
        "USD 19.44", "HKD 150.85", "HKD 4.85", "HKD 146.00"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("type", "cells", "kind", "said"),
    [
        ("Refunded", ("USD,5.00,,1", "USD,5.10,", "0.10,,,"), "refund", ("-5.00", "0.10", "-5.10")),
        ("RefundedReversed", ("USD,,5.00,1", "USD,,5.00", ",,,"), "refund", ("5.00", "0.00", "5.00")),
        ("Chargeback", ("USD,9.00,,1", "USD,16.50,", ",7.5,,"), "dispute", ("-9.00", "7.50", "-16.50")),
        ("SecondChargeback", ("USD,9.00,,1", "USD,9.00,", ",,,"), "dispute", ("-9.00", "0.00", "-9.00")),
        ("ChargebackReversed", ("USD,,9.00,1", "USD,,9.00", ",,,"), "dispute", ("9.00", "0.00", "9.00")),
    ],
)  # fmt: skip
def test_refunds_and_chargebacks_have_the_signs_of_their_money(
    type: str, cells: tuple[str, str, str], kind: str, said: tuple[str, ...]
) -> None:
    gross, net, costs = cells
    (batch,) = read(entry(), entry(type, "MOD2", gross=gross, net=net, costs=costs))
    line = batch.lines[1]
    assert (line.kind, line.reference, line.also) == (kind, "MOD2", ("PSP1",))
    assert tuple(str(amount) for amount in (line.gross, line.fee, line.net)) == tuple(f"USD {each}" for each in said)


def test_a_dispute_is_known_by_its_own_reference_where_the_report_has_the_column() -> None:
    row = entry("Chargeback", "MOD2", gross="USD,9.00,,1", net="USD,9.00,", costs=",,,")
    (batch,) = read(row + ",DIS1", header=ADYEN + ",Dispute Reference")
    assert (batch.lines[0].reference, batch.lines[0].also) == ("DIS1", ("MOD2", "PSP1"))


@pytest.mark.parametrize("type", [name for name, kind in KINDS.items() if kind == "fee"])
@pytest.mark.parametrize(("net", "amount"), [("USD,2.00,", "USD -2.00"), ("USD,,2.00", "USD 2.00")])
def test_costs_of_the_account_may_be_taken_or_given_back(type: str, net: str, amount: str) -> None:
    (batch,) = read(entry(), entry(type, "Transaction Fees April  10 2025", net=net, **OWN_COST))
    assert (batch.lines[1].kind, str(batch.lines[1].net)) == ("fee", amount)


def test_a_cost_of_a_payment_names_the_payment() -> None:
    (batch,) = read(entry(), entry("PaymentCost", "COST1", gross="USD,,,", net="USD,1.75,", costs=",,,"))
    assert (batch.lines[1].kind, batch.lines[1].reference, batch.lines[1].also) == ("fee", "", ("PSP1",))


@pytest.mark.parametrize("type", [*(name for name, kind in KINDS.items() if kind == "other"), "AJournalOfTomorrow"])
def test_money_of_the_account_itself_is_read_under_whatever_type(type: str) -> None:
    (batch,) = read(entry(), entry(type, "Deposit Correction", net="USD,5.00,", **OWN_COST))
    assert [(each.kind, each.category, str(each.net)) for each in batch.lines] == [
        ("charge", "Settled", "USD 18.58"), ("other", type, "USD -5.00")
    ]  # fmt: skip


def test_every_record_type_that_adyen_documents_is_read() -> None:
    documented = {
        "Fee", "MiscCosts", "MerchantPayout", "Refunded", "Settled", "Chargeback", "SecondChargeback",
        "ChargebackReversed", "RefundedReversed", "DepositCorrection", "InvoiceDeduction", "MatchedStatement",
        "ManualCorrected", "BankInstructionReturned", "EpaPaid", "Balancetransfer", "PaymentCost", "PaidOut",
        "PaidOutReversed", "AuthorisationSchemeFee", "InternalCompanyPayout", "ReserveAdjustment",
        "AdvancementCommission",
    }  # fmt: skip
    assert {*KINDS, PAYOUT} == documented


def test_two_rows_of_the_account_with_the_same_words_are_two() -> None:
    fee = entry("Fee", "Transaction Fees", net="USD,0.09,", **OWN_COST)
    (batch,) = read(entry(), fee, fee)
    assert len({line.psp_ref for line in batch.lines}) == 3


def test_a_capture_that_is_in_the_batch_twice_is_kept_the_second_time() -> None:
    (batch,) = read(entry(), entry())
    assert (len(batch.lines), [item.line for item in batch.unread]) == (1, [3])


def test_a_batch_number_of_another_merchant_account_is_another_batch() -> None:
    found = read(entry(), adyen_payout(), entry(account="ShopHK"), adyen_payout(account="ShopHK"))
    assert [batch.batch_ref for batch in found] == ["ShopUS.7.USD", "ShopHK.7.USD"]


def test_a_batch_in_two_currencies_is_two_payouts() -> None:
    hkd = entry(own="CAP2", gross="HKD,,100.00,1", net="HKD,,99.00", costs="1.00,,,")
    found = read(entry(), hkd, adyen_payout(), adyen_payout("99.00", currency="HKD"))
    assert [(batch.batch_ref, len(batch.lines)) for batch in found] == [("ShopUS.7.USD", 1), ("ShopUS.7.HKD", 1)]


def test_a_payout_in_cny_is_the_amount_that_the_bank_received() -> None:
    row = entry(gross="USD,,19.44,7.15", net="CNY,,132.85", costs="6.15,,,")
    (batch,) = read_adyen("report.csv", adyen(row, adyen_payout("132.85", currency="CNY")), rates={})
    assert (batch.cash, batch.lines[0].rate) == (Money(132_85, CNY), None)


def test_empty_lines_before_the_header_are_skipped() -> None:
    assert len(read(entry(), header=f"\n\n{ADYEN}")[0].lines) == 1


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (entry(net="USD,,18.59"), "USD 19.44 less costs of USD 0.86 is not USD 18.59"),
        (entry(gross="USD,,19.44,7.76", net="HKD,,14.60", costs=",4.85,,"), "USD 19.44 at 7.76 is not HKD 19.45"),
        (entry(gross="USD,,19.44,7.76", net="HKD,146.00,", costs=",4.85,,"), "USD 19.44 comes to HKD -141.15"),
        (entry(gross="USD,,19.44,much", net="HKD,,146.00"), "Exchange Rate is 'much', not the rate from USD to HKD"),
        (entry(gross="USD,,,1"), "no amount in Gross Debit"),
        (entry("Fee", "Fees", net="USD,,", **OWN_COST), "no amount in Net Debit"),
        (entry(PAYOUT, "TX1XT batch 7", net="USD,,18.58", **OWN_COST), "a payout is a debit, and this one is USD"),
        (entry(own="", payment=""), "Psp Reference is '', not a reference"),
        (entry(""), "Type is '', not a record type"),
        (entry(batch=""), "Batch Number is '', not a reference"),
    ],
)  # fmt: skip
def test_a_row_that_contradicts_itself_is_kept_with_its_reason(row: str, says: str) -> None:
    (batch,) = read(row, entry(own="CAP2"))
    assert [line.reference for line in batch.lines] == ["CAP2"]
    assert says in batch.unread[0].reason


def test_a_payout_that_its_lines_do_not_come_to_keeps_its_batch() -> None:
    with pytest.raises(BadFile, match="is USD 18\\.57, its lines come to USD 18\\.58"):
        read(entry(), adyen_payout("18.57"))


def test_a_currency_without_a_rate_is_asked_for() -> None:
    with pytest.raises(RateNotGiven, match="no rate is given for EUR"):
        read(entry(gross="EUR,,19.44,1", net="EUR,,18.58"))


def test_one_amount_received_cannot_be_for_two_payouts() -> None:
    content = adyen(entry(), entry(own="CAP2", batch="8"))
    with pytest.raises(BadFile, match="2 payouts"):
        read_adyen("report.csv", content, rates=RATES, received=Money(1, CNY))
