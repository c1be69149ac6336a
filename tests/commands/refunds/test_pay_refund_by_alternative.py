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
from tests.support.orders import OrderStory, after_days

LATER = Rate("USD", "CNY", "7.1600", "book", "test", date(2025, 4, 12))
PAYMENT: dict[str, Any] = {"refund_id": "R-1", "method": "bank_transfer", "reference": "TR-1"}


def approved() -> OrderStory:
    """USD 19.44 for B, approved at 7.1800; from 12 April on a dollar is 7.1600."""
    story = asked(delivered(rates=(*RATES, LATER)), lines=one("B"))
    approve(story, day=9)
    return story


def pay(story: OrderStory, **told: Any) -> list[Event]:
    whole: dict[str, Any] = {"by": FINANCE, "at": after_days(15)} | PAYMENT | told
    return story.tell("pay_refund_by_alternative", **whole)


def refused(story: OrderStory, **told: Any) -> Any:
    return story.refusal("pay_refund_by_alternative", **{"by": FINANCE, "at": after_days(15)} | PAYMENT | told)


def outcome(story: OrderStory, what: str, amount: str = "USD 19.44", **told: Any) -> list[Event]:
    names = {"submission_id": "R-1.1", "psp": "stripe", "psp_refund_ref": "re-1"}
    whole: dict[str, Any] = {"outcome": what, "amount": amount, "at": after_days(14)} | names | told
    return story.tell("report_refund_outcome", by=PARTNER, **whole)


def test_it_leaves_the_bank_and_what_was_owed_to_the_buyer() -> None:
    story = approved()
    *_, paid = pay(story)
    assert isinstance(paid, RefundPaidByAlternative)
    assert (paid.amount, paid.carried, paid.base, paid.fx) == (usd("19.44"), cny("139.58"), cny("139.19"), cny("-0.39"))
    assert (story.balance("2210", "USD"), story.base("2210"), story.balance("1020", "USD")) == (0, 0, -19_44)


def test_after_a_failure_the_rest_goes_another_way() -> None:
    story = approved()
    story.tell("submit_refund", refund_id="R-1", at=after_days(10))
    outcome(story, "failed", code="account_closed")
    pay(story)
    assert (story.balance("2210", "USD"), story.base("2210")) == (0, 0)


def test_a_part_may_go_another_way_and_the_rest_through_the_provider() -> None:
    story = approved()
    pay(story, amount="USD 9.44")
    story.tell("submit_refund", refund_id="R-1", at=after_days(16))
    outcome(story, "succeeded", "USD 10.00", at=after_days(17))
    assert (story.balance("2210", "USD"), story.base("2210")) == (0, 0)


def test_what_a_provider_was_asked_to_pay_does_not_go_another_way() -> None:
    story = approved()
    story.tell("submit_refund", refund_id="R-1", at=after_days(10))
    assert isinstance(refused(story), AlreadySubmitted)


def test_a_failure_that_was_a_success_after_all_is_a_double_refund() -> None:
    story = approved()
    story.tell("submit_refund", refund_id="R-1", at=after_days(10))
    outcome(story, "failed")
    pay(story)
    outcome(story, "succeeded", at=after_days(16))
    assert story.breaks() == ["double_refund"]


def test_while_the_same_money_is_on_its_way_twice_nobody_sends_any() -> None:
    """It failed, was submitted again, and had been paid the first time after all."""
    story = approved()
    for n, what in enumerate(("failed", "succeeded")):
        story.tell("submit_refund", refund_id="R-1", at=after_days(10 + n))
        outcome(story, what, at=after_days(13 + n))
    assert isinstance(refused(story), AlreadySubmitted)
    assert isinstance(story.refusal("submit_refund", refund_id="R-1", at=after_days(15)), AlreadySubmitted)
    assert story.balance("2210", "USD") == 0


def test_it_takes_two_people() -> None:
    assert isinstance(refused(approved(), proposer=FINANCE), MakerIsChecker)


def test_it_is_the_platforms_to_do() -> None:
    assert isinstance(refused(approved(), by=MERCHANT), RoleNotAllowed)


def test_no_more_than_is_owed_is_paid() -> None:
    assert isinstance(refused(approved(), amount="USD 19.45"), RefundExceedsRemaining)


def test_what_is_not_approved_is_not_paid() -> None:
    assert isinstance(refused(asked(delivered(), lines=one("B"))), RefundNotApproved)


def test_the_money_waits_for_the_goods_whatever_way_it_goes() -> None:
    story = asked(delivered(), lines=one("B"))
    approve(story, return_required=True)
    assert isinstance(refused(story), ReturnNotReceived)
