"""A refund that no provider can pay goes another way, after two people have looked (P24)."""

from datetime import date
from typing import Any

from ledger.events.event import Event
from ledger.events.refunds import RefundPaidByAlternative
from ledger.fx import Rate
from ledger.refusals.catalogue import (
    AlreadySubmitted,
    MakerIsChecker,
    RefundExceedsRemaining,
    RefundNotApproved,
    ReturnNotReceived,
    RoleNotAllowed,
)
from tests.support.after_sales import approve, asked, delivered, one
from tests.support.given import FINANCE, MERCHANT, PARTNER, RATES, cny, usd
from tests.support.orders import OrderScenario, after_days

LATER = Rate("USD", "CNY", "7.1600", "book", "test", date(2025, 4, 12))
PAYMENT: dict[str, Any] = {"refund_id": "R-1", "method": "bank_transfer", "reference": "TR-1"}


def approved() -> OrderScenario:
    """USD 19.44 for B, approved at 7.1800; from 12 April on a dollar is 7.1600."""
    scenario = asked(delivered(rates=(*RATES, LATER)), lines=one("B"))
    approve(scenario, day=9)
    return scenario


def pay(scenario: OrderScenario, **reported: Any) -> list[Event]:
    whole: dict[str, Any] = {"by": FINANCE, "at": after_days(15)} | PAYMENT | reported
    return scenario.submit("pay_refund_by_alternative", **whole)


def refused(scenario: OrderScenario, **reported: Any) -> Any:
    return scenario.refusal("pay_refund_by_alternative", **{"by": FINANCE, "at": after_days(15)} | PAYMENT | reported)


def outcome(scenario: OrderScenario, what: str, amount: str = "USD 19.44", **reported: Any) -> list[Event]:
    names = {"attempt_id": "R-1.1", "psp": "stripe", "psp_refund_ref": "re-1"}
    whole: dict[str, Any] = {"outcome": what, "amount": amount, "at": after_days(14)} | names | reported
    return scenario.submit("report_refund_outcome", by=PARTNER, **whole)


def test_it_leaves_the_bank_and_what_was_owed_to_the_buyer() -> None:
    scenario = approved()
    *_, paid = pay(scenario)
    assert isinstance(paid, RefundPaidByAlternative)
    assert (paid.amount, paid.carried, paid.base, paid.fx) == (usd("19.44"), cny("139.58"), cny("139.19"), cny("-0.39"))
    assert (scenario.balance("2210", "USD"), scenario.base("2210"), scenario.balance("1020", "USD")) == (0, 0, -19_44)


def test_after_a_failure_the_rest_goes_another_way() -> None:
    scenario = approved()
    scenario.submit("submit_refund", refund_id="R-1", at=after_days(10))
    outcome(scenario, "failed", code="account_closed")
    pay(scenario)
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)


def test_a_part_may_go_another_way_and_the_rest_through_the_provider() -> None:
    scenario = approved()
    pay(scenario, amount="USD 9.44")
    scenario.submit("submit_refund", refund_id="R-1", at=after_days(16))
    outcome(scenario, "succeeded", "USD 10.00", at=after_days(17))
    assert (scenario.balance("2210", "USD"), scenario.base("2210")) == (0, 0)


def test_what_a_provider_was_asked_to_pay_does_not_go_another_way() -> None:
    scenario = approved()
    scenario.submit("submit_refund", refund_id="R-1", at=after_days(10))
    assert isinstance(refused(scenario), AlreadySubmitted)


def test_a_failure_that_was_a_success_after_all_is_a_double_refund() -> None:
    scenario = approved()
    scenario.submit("submit_refund", refund_id="R-1", at=after_days(10))
    outcome(scenario, "failed")
    pay(scenario)
    outcome(scenario, "succeeded", at=after_days(16))
    assert scenario.breaks() == ["double_refund"]


def test_while_the_same_money_is_on_its_way_twice_nobody_sends_any() -> None:
    """It failed, was submitted again, and had been paid the first time after all."""
    scenario = approved()
    for n, what in enumerate(("failed", "succeeded")):
        scenario.submit("submit_refund", refund_id="R-1", at=after_days(10 + n))
        outcome(scenario, what, at=after_days(13 + n))
    assert isinstance(refused(scenario), AlreadySubmitted)
    assert isinstance(scenario.refusal("submit_refund", refund_id="R-1", at=after_days(15)), AlreadySubmitted)
    assert scenario.balance("2210", "USD") == 0


def test_it_takes_two_people() -> None:
    assert isinstance(refused(approved(), proposer=FINANCE), MakerIsChecker)


def test_it_is_the_platforms_to_do() -> None:
    assert isinstance(refused(approved(), by=MERCHANT), RoleNotAllowed)


def test_no_more_than_is_owed_is_paid() -> None:
    assert isinstance(refused(approved(), amount="USD 19.45"), RefundExceedsRemaining)


def test_what_is_not_approved_is_not_paid() -> None:
    assert isinstance(refused(asked(delivered(), lines=one("B"))), RefundNotApproved)


def test_the_money_waits_for_the_goods_whatever_way_it_goes() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario, return_required=True)
    assert isinstance(refused(scenario), ReturnNotReceived)
