"""Manual adjustments, by two people."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from commands.accounting.post_adjustment import PostAdjustment
from commands.proposals.approve_proposal import ApproveProposal
from commands.proposals.propose import Propose
from ledger.events.adjustments import ManualAdjustmentApproved
from ledger.journal.posting import post
from ledger.refusals.catalogue import MerchantCurrencyNotCny
from ledger.refusals.finance import (
    AccountRestricted,
    AdjustmentPosted,
    JournalUnbalanced,
    MerchantChargeNotAllowed,
    PeriodClosed,
)
from tests.support.given import FINANCE, PLATFORM, When, ask, given, stream_of

Given_ = dict[str, Any]


def debit(account: str, amount: str, **other: Any) -> Given_:
    return {"account": account, "side": "debit", "amount": amount, **other}


def credit(account: str, amount: str, **other: Any) -> Given_:
    return {"account": account, "side": "credit", "amount": amount, **other}


GOODWILL = (debit("5160", "CNY 20.00"), credit("2120", "CNY 20.00"))
BANK_COST = (debit("5130", "CNY 3.00"), credit("1010", "CNY 3.00"))


def post_lines(
    *lines: Given_, merchant_id: str | None = "M-1", on: date | None = None, open_day: date = date.min
) -> When:
    command = ask(
        PostAdjustment,
        by=PLATFORM,
        proposer=FINANCE,
        adjustment_id="A-1",
        merchant_id=merchant_id,
        lines=lines,
        evidence=["ticket 7"],
        accounting_date=on,
    )
    return given(open_day=open_day).when(command)


def propose(*lines: Given_, proposal_id: str = "P-1") -> Propose:
    """Proposes an adjustment with its lines as JSON, as a caller sends them."""
    data = {"adjustment_id": "A-1", "merchant_id": "M-1", "lines": list(lines)}
    return ask(Propose, by=FINANCE, proposal_id=proposal_id, command="post_adjustment", data=data, reason="goodwill")


def approve(proposal_id: str = "P-1") -> ApproveProposal:
    return ask(ApproveProposal, by=PLATFORM, in_stream="adjustment/M-1/A-1", proposal_id=proposal_id)


PROPOSED = given().when(propose(*GOODWILL)).events


def approved(*lines: Given_, merchant_id: str | None = "M-1") -> dict[str, int]:
    """Base by account of what two people agreed on."""
    entry = post(post_lines(*lines, merchant_id=merchant_id).event(ManualAdjustmentApproved))
    assert entry is not None
    return {line.account: line.base for line in entry.lines}


def test_a_proposal_posts_nothing() -> None:
    assert [post(event) for event in PROPOSED] == [None]


def test_an_adjustment_names_both_people_and_the_reason() -> None:
    event = given(*PROPOSED).when(approve()).event(ManualAdjustmentApproved)
    assert (event.proposer, event.approver, event.reason) == (FINANCE, PLATFORM, "goodwill")


def test_approved_lines_are_posted_as_they_were_given() -> None:
    assert approved(*GOODWILL) == {"5160": 2000, "2120": -2000}


def test_an_adjustment_of_a_merchants_money_stands_in_the_merchants_book() -> None:
    assert propose(*GOODWILL).stream == "adjustment/M-1/A-1"


def test_an_adjustment_of_the_platforms_money_names_no_merchant() -> None:
    assert approved(*BANK_COST, merchant_id=None) == {"5130": 300, "1010": -300}


def test_a_foreign_line_is_posted_with_the_value_it_is_given() -> None:
    lines = (debit("5130", "USD 1.00", base="CNY 7.18"), credit("1110", "USD 1.00", base="CNY 7.18", psp="stripe"))
    assert approved(*lines, merchant_id=None) == {"5130": 718, "1110": -718}


def test_debits_and_credits_are_the_same_in_cny() -> None:
    post_lines(debit("5160", "CNY 20.00"), credit("2120", "CNY 19.99")).then_refused(
        JournalUnbalanced, debits="CNY 20.00", credits="CNY 19.99"
    )


@pytest.mark.parametrize("account", ["2110", "2130", "2140", "5170", "5220"])
def test_an_account_with_commands_of_its_own_takes_no_adjustment(account: str) -> None:
    post_lines(debit("5160", "CNY 20.00"), credit(account, "CNY 20.00")).then_refused(
        AccountRestricted, account=account
    )


def test_an_adjustment_that_names_no_merchant_touches_none() -> None:
    post_lines(*GOODWILL, merchant_id=None).then_refused(AccountRestricted, account="2120")


@pytest.mark.parametrize("account", ["5110", "5120", "5130", "5140", "5150", "5210", "4210", "4220", "1010", "2310"])
def test_a_merchant_is_charged_nothing_but_the_service_fee(account: str) -> None:
    post_lines(debit("2120", "CNY 62.00"), credit(account, "CNY 62.00")).then_refused(
        MerchantChargeNotAllowed, merchant_id="M-1", account=account, amount="CNY 62.00"
    )


def test_a_cost_is_not_passed_on_behind_a_fee() -> None:
    post_lines(
        debit("2120", "CNY 62.00"),
        credit("4110", "CNY 62.00"),
        debit("4110", "CNY 62.00"),
        credit("5110", "CNY 62.00"),
    ).then_refused(MerchantChargeNotAllowed, account="5110")


def test_a_service_fee_that_was_forgotten_is_taken() -> None:
    assert approved(debit("2120", "CNY 5.00"), credit("4110", "CNY 5.00")) == {"2120": 500, "4110": -500}


def test_merchants_are_adjusted_in_cny() -> None:
    lines = (debit("5160", "USD 1.00", base="CNY 7.18"), credit("2120", "USD 1.00", base="CNY 7.18"))
    post_lines(*lines).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_an_adjustment_is_posted_once_by_whatever_proposal() -> None:
    again = given(*PROPOSED).when(propose(*GOODWILL, proposal_id="P-2")).events
    done = given(*PROPOSED, *again).when(approve()).events
    given(*PROPOSED, *again, *done).when(approve("P-2")).then_refused(AdjustmentPosted, adjustment_id="A-1")


def test_an_adjustment_is_posted_on_the_day_it_names() -> None:
    event = post_lines(*GOODWILL, on=date(2025, 3, 31)).event(ManualAdjustmentApproved)
    assert event.posts_on == date(2025, 3, 31)


def test_nothing_is_posted_on_a_closed_day() -> None:
    post_lines(*GOODWILL, on=date(2025, 3, 31), open_day=date(2025, 4, 1)).then_refused(
        PeriodClosed, day=date(2025, 3, 31), first_open_day=date(2025, 4, 1)
    )


def test_an_approval_rests_on_the_merchants_money() -> None:
    (_, *reads) = (*propose(*GOODWILL).reads, *approve().reads_of(stream_of("adjustment/M-1/A-1", PROPOSED)))
    assert reads == ["account/M-1"]


@pytest.mark.parametrize(
    "line",
    [
        debit("9999", "CNY 1.00"),
        debit("5160", "CNY 0.00"),
        debit("5160", "CNY -1.00"),
        debit("5130", "USD 1.00"),
        debit("5130", "USD 1.00", base="USD 1.00"),
        debit("5160", "CNY 1.00", base="CNY 2.00"),
        debit("1010", "USD 1.00", base="CNY 7.18"),
    ],
    ids=["no such account", "zero", "negative", "no base", "foreign base", "two values", "foreign in the CNY bank"],
)
def test_a_line_that_says_nothing_certain_is_malformed(line: Given_) -> None:
    with pytest.raises(ValidationError):
        post_lines(line, credit("1010", "CNY 1.00"))
