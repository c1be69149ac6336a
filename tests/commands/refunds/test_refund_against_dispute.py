"""A buyer who goes to their card issuer is not refunded beside it: nobody is paid twice."""

from typing import Any

import pytest

from ledger.refusals.payments import DisputeOpen
from tests.support.after_sales import SERVICE, approve, asked, delivered, one
from tests.support.given import MERCHANT, PARTNER
from tests.support.orders import OrderStory, after_days

YES: dict[str, Any] = {"refund_id": "R-1", "round": 1}


def disputed(story: OrderStory, stage: str = "chargeback") -> OrderStory:
    """The issuer opens a dispute about B."""
    names = {"dispute_id": "D-1", "psp": "stripe", "capture_ref": "cap-1"}
    told: dict[str, Any] = {"amount": "USD 19.44", "reason": "not_received", "lines": one("B"), "stage": stage}
    story.tell("report_dispute_opened", by=PARTNER, at=after_days(9), **names, **told)
    return story


def test_a_case_that_is_disputed_meanwhile_is_not_approved() -> None:
    story = disputed(asked(delivered(), lines=one("B")))
    assert isinstance(story.refusal("approve_refund", by=SERVICE, at=after_days(10), **YES), DisputeOpen)


def test_another_line_of_the_order_can_be_refunded() -> None:
    story = asked(disputed(delivered()), day=10, lines=one("A"))
    approve(story, day=11)
    assert story.order.lines["A"].refunded == 1


def test_a_mere_inquiry_is_best_answered_with_the_refund() -> None:
    story = disputed(asked(delivered(), lines=one("B")), stage="inquiry")
    approve(story, day=10)
    assert story.order.cases["R-1"].state == "approved"


@pytest.mark.parametrize("line_id", ["A", "B"])
def test_of_a_disputed_order_only_other_lines_are_cancelled(line_id: str) -> None:
    story = disputed(OrderStory().paid())
    told: dict[str, Any] = {"by": MERCHANT, "reason": "out_of_stock", "lines": one(line_id), "at": after_days(10)}
    if line_id == "B":
        assert isinstance(story.refusal("cancel_order", **told), DisputeOpen)
    else:
        story.tell("cancel_order", **told)
        assert story.order.lines["A"].refunded == 1
