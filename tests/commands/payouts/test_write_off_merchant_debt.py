"""Writing off what a merchant owes, by two people."""

from typing import Any

from commands.payouts.write_off_merchant_debt import WriteOffMerchantDebt
from commands.proposals.approve_proposal import ApproveProposal
from commands.proposals.propose import Propose
from ledger.events.adjustments import MerchantDebtWrittenOff
from ledger.events.proposals import ProposalApproved, ProposalMade
from ledger.journal.posting import post
from ledger.refusals.catalogue import MerchantCurrencyNotCny
from ledger.refusals.finance import WriteOffExceedsDebt
from tests.support.given import FINANCE, PLATFORM, Given, ask, cny, given


def propose(amount: str = "CNY 133.00") -> Propose:
    data = {"merchant_id": "M-1", "amount": amount}
    about: dict[str, Any] = {"command": "write_off_merchant_debt", "data": data, "reason": "gone_out_of_business"}
    return ask(Propose, by=FINANCE, proposal_id="P-1", **about)


APPROVE = ask(ApproveProposal, by=PLATFORM, in_stream="payouts/M-1", proposal_id="P-1")


def owing(debt: str, *events: Any) -> Given:
    return given(*events, accounts={"M-1": cny(f"-{debt}")})


PROPOSED = owing("133.00").when(propose()).events


def test_a_proposal_moves_no_money() -> None:
    proposed = owing("133.00").when(propose()).then(ProposalMade)
    assert [post(event) for event in proposed.events] == [None]


def test_a_debt_that_two_people_write_off_is_the_platforms_loss() -> None:
    done = owing("133.00", *PROPOSED).when(APPROVE).then(ProposalApproved, MerchantDebtWrittenOff)
    entry = post(done.event(MerchantDebtWrittenOff))
    assert entry is not None
    assert {line.account: line.base for line in entry.lines} == {"5170": 13300, "2120": -13300}


def test_a_written_off_debt_names_both_people_and_the_proposal() -> None:
    event = owing("133.00", *PROPOSED).when(APPROVE).event(MerchantDebtWrittenOff)
    assert (event.proposer, event.approver, event.write_off_id) == (FINANCE, PLATFORM, "P-1")


def test_no_more_is_proposed_than_is_owed() -> None:
    owing("132.99").when(propose()).then_refused(WriteOffExceedsDebt, debt="CNY 132.99")


def test_a_merchant_with_money_has_no_debt() -> None:
    given(accounts={"M-1": cny("10.00")}).when(propose()).then_refused(WriteOffExceedsDebt, debt="CNY 0.00")


def test_what_was_offset_meanwhile_is_not_written_off() -> None:
    owing("19.00", *PROPOSED).when(APPROVE).then_refused(WriteOffExceedsDebt, debt="CNY 19.00")


def test_debts_are_in_cny() -> None:
    owing("133.00").when(propose("USD 1.00")).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_a_write_off_rests_on_the_merchants_money() -> None:
    asked = ask(WriteOffMerchantDebt, merchant_id="M-1", amount="CNY 1.00")
    assert asked.reads == propose().reads == ("account/M-1",)
