"""Giving up what a merchant owes, by two people."""

from typing import Any

from commands.propose_debt_write_off import ProposeDebtWriteOff
from commands.reject_debt_write_off import RejectDebtWriteOff
from commands.write_off_merchant_debt import WriteOffMerchantDebt
from ledger.events.adjustment import (
    MerchantDebtWriteOffProposed,
    MerchantDebtWriteOffRejected,
    MerchantDebtWrittenOff,
)
from ledger.finance_refusals import ProposalIdTaken, ProposalNotOpen, WriteOffExceedsDebt
from ledger.journal.posting import post
from ledger.refusals import MakerIsChecker, MerchantCurrencyNotCny, RoleNotAllowed
from ledger.who import Actor
from tests.support.given import FINANCE, MERCHANT, PLATFORM, Given, ask, cny, given


def propose(amount: str = "CNY 133.00", *, by: Actor = FINANCE) -> ProposeDebtWriteOff:
    return ask(
        ProposeDebtWriteOff, by=by, merchant_id="M-1", write_off_id="W-1", amount=amount, reason="gone_out_of_business"
    )


def write_off(*, by: Actor = PLATFORM) -> WriteOffMerchantDebt:
    return ask(WriteOffMerchantDebt, by=by, merchant_id="M-1", write_off_id="W-1")


REJECT = ask(RejectDebtWriteOff, by=PLATFORM, merchant_id="M-1", write_off_id="W-1")


def owing(debt: str, *events: Any) -> Given:
    return given(*events, accounts={"M-1": cny(f"-{debt}")})


PROPOSED = owing("133.00").when(propose()).events


def test_a_proposal_moves_no_money() -> None:
    proposed = owing("133.00").when(propose()).then(MerchantDebtWriteOffProposed)
    assert [post(event) for event in proposed.events] == [None]


def test_a_debt_that_two_people_give_up_is_the_platforms_loss() -> None:
    event = owing("133.00", *PROPOSED).when(write_off()).then(MerchantDebtWrittenOff).event(MerchantDebtWrittenOff)
    entry = post(event)
    assert entry is not None
    assert {line.account: line.base for line in entry.lines} == {"5170": 13300, "2120": -13300}


def test_a_written_off_debt_names_both_people() -> None:
    event = owing("133.00", *PROPOSED).when(write_off()).event(MerchantDebtWrittenOff)
    assert (event.proposer, event.approver) == (FINANCE, PLATFORM)


def test_who_proposes_does_not_approve() -> None:
    owing("133.00", *PROPOSED).when(write_off(by=FINANCE)).then_refused(MakerIsChecker, maker="fang")


def test_no_more_is_proposed_than_is_owed() -> None:
    owing("132.99").when(propose()).then_refused(WriteOffExceedsDebt, debt="CNY 132.99")


def test_a_merchant_with_money_has_no_debt() -> None:
    given(accounts={"M-1": cny("10.00")}).when(propose()).then_refused(WriteOffExceedsDebt, debt="CNY 0.00")


def test_what_was_offset_meanwhile_is_not_written_off() -> None:
    owing("19.00", *PROPOSED).when(write_off()).then_refused(WriteOffExceedsDebt, debt="CNY 19.00")


def test_a_rejected_proposal_is_closed() -> None:
    rejected = owing("133.00", *PROPOSED).when(REJECT).then(MerchantDebtWriteOffRejected).events
    owing("133.00", *PROPOSED, *rejected).when(write_off()).then_refused(ProposalNotOpen, state="rejected")


def test_a_debt_is_written_off_once() -> None:
    done = owing("133.00", *PROPOSED).when(write_off()).events
    owing("133.00", *PROPOSED, *done).when(write_off()).then_refused(ProposalNotOpen, state="approved")


def test_what_was_never_proposed_is_not_written_off() -> None:
    owing("133.00").when(write_off()).then_refused(ProposalNotOpen, state="never made")


def test_a_proposal_id_is_used_once() -> None:
    owing("133.00", *PROPOSED).when(propose()).then_refused(ProposalIdTaken, proposal_id="W-1")


def test_debts_are_in_cny() -> None:
    owing("133.00").when(propose("USD 1.00")).then_refused(MerchantCurrencyNotCny, currency="USD")


def test_a_merchant_gives_up_nothing() -> None:
    owing("133.00").when(propose(by=MERCHANT)).then_refused(RoleNotAllowed)


def test_a_write_off_rests_on_the_merchants_money() -> None:
    assert write_off().reads == ("account/M-1",)
