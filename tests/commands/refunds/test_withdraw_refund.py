"""A buyer takes a request back: as if it had never been asked, but for the name of the case."""

from typing import Any

import pytest

from ledger.actors import Actor
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundWithdrawn
from ledger.refusals.catalogue import CaseClosed, CaseNotFound, OpenCase, RefundPendingOnLine, RoleNotAllowed
from tests.support.after_sales import approve, asked, delivered, one
from tests.support.given import BUYER, FINANCE, MERCHANT, PLATFORM
from tests.support.orders import OrderStory, after_days

SEND: dict[str, Any] = {"parcel_id": "P-1", "carrier": "SF", "tracking_no": "T-1"}


def waiting() -> OrderStory:
    story = OrderStory().paid()
    items = [*one("A", 2), *one("B")]
    story.tell("create_parcel", parcel_id="P-1", items=items, warehouse_id="W-1")
    return asked(story, day=0)


def withdraw(story: OrderStory, *, by: Actor = BUYER, day: float = 9) -> list[Any]:
    return story.tell("withdraw_refund", by=by, refund_id="R-1", at=after_days(day))


def test_a_withdrawn_request_moves_no_money() -> None:
    story = waiting()
    entries = len(story.entries)
    assert [type(event) for event in withdraw(story)] == [RefundWithdrawn]
    assert len(story.entries) == entries


def test_while_a_request_waits_nothing_is_dispatched_and_after_it_is_withdrawn_it_is() -> None:
    story = waiting()
    assert isinstance(story.refusal("dispatch_parcel", **SEND), RefundPendingOnLine)
    withdraw(story)
    story.tell("dispatch_parcel", **SEND)
    assert story.order.status == "in_transit"


def test_while_a_request_waits_nothing_is_released_and_after_it_is_withdrawn_it_is() -> None:
    story = asked(delivered())
    assert isinstance(story.refusal("release_settlement", at=after_days(12)), OpenCase)
    withdraw(story)
    story.tell("release_settlement", at=after_days(12))
    assert story.balance("2120") == -475_00


def test_an_order_that_only_waited_for_the_request_is_completed() -> None:
    story = delivered()
    story.tell("release_settlement", at=after_days(12))
    story = asked(story, day=13, lines=one("B"))
    assert not isinstance(withdraw(story, day=14)[-1], OrderCompleted), "it was completed by the release"
    two = OrderStory().paid().sent("P-1", A=2).sent("P-2", B=1).signed("P-1").signed("P-2", at=after_days(3))
    two.tell("release_settlement", at=after_days(7))
    asked(two, day=8, lines=one("A"))
    two.tell("release_settlement", at=after_days(10))
    assert isinstance(withdraw(two, day=11)[-1], OrderCompleted)


def test_asking_anew_is_a_new_case_at_round_one() -> None:
    story = waiting()
    story.tell("approve_refund", by=MERCHANT, refund_id="R-1", round=1)
    withdraw(story)
    asked(story, "R-2", day=1)
    assert (story.order.cases["R-2"].next_round, story.order.cases["R-1"].state) == (1, "withdrawn")


@pytest.mark.parametrize("actor", [MERCHANT, FINANCE])
def test_nobody_withdraws_anothers_request(actor: Actor) -> None:
    assert isinstance(waiting().refusal("withdraw_refund", by=actor, refund_id="R-1"), RoleNotAllowed)


def test_who_asked_for_the_buyer_may_withdraw_for_them() -> None:
    story = asked(OrderStory().paid(), by=PLATFORM)
    withdraw(story, by=PLATFORM)
    assert story.order.cases["R-1"].state == "withdrawn"


def test_what_is_approved_is_not_withdrawn() -> None:
    story = asked(delivered(), lines=one("B"))
    approve(story)
    assert isinstance(story.refusal("withdraw_refund", by=BUYER, refund_id="R-1"), CaseClosed)


def test_what_is_withdrawn_is_not_approved() -> None:
    story = waiting()
    withdraw(story)
    assert isinstance(story.refusal("approve_refund", by=MERCHANT, refund_id="R-1", round=1), CaseClosed)


def test_a_case_that_is_not_there_is_not_withdrawn() -> None:
    assert isinstance(OrderStory().paid().refusal("withdraw_refund", by=BUYER, refund_id="R-1"), CaseNotFound)
