"""How far a buyer's refund is, whatever is told late of it."""

from typing import Any

from projections.tracking.tracked_refunds import REFUND_EVENTS, refunds_after
from tests.commands.refunds.test_report_refund_outcome import submitted, tell
from tests.support.orders import OrderStory, after_days


def shown(story: OrderStory) -> dict[str, Any]:
    """The refund as the buyer sees it."""
    refunds: dict[str, Any] = {}
    for event in story.events:
        if isinstance(event, REFUND_EVENTS):
            refunds = refunds_after(refunds, event)
    found: dict[str, Any] = refunds["R-1"]
    return found


def test_a_failure_that_is_only_noted_leaves_a_paid_refund_paid() -> None:
    story = submitted()
    tell(story, "succeeded", at=after_days(10))
    tell(story, "failed", at=after_days(1))
    assert shown(story)["state"] == "paid"


def test_a_refund_that_was_paid_anew_stays_paid_when_the_first_try_is_told_late() -> None:
    story = submitted()
    tell(story, "failed", at=after_days(10))
    story.tell("submit_refund", refund_id="R-1")
    tell(story, "succeeded", submission_id="R-1.2", psp_refund_ref="re-2", at=after_days(11))
    tell(story, "succeeded", at=after_days(1))
    assert (shown(story)["state"], shown(story)["paid"]) == ("paid", 69_44)


def test_a_refund_that_came_back_is_delayed() -> None:
    story = submitted()
    tell(story, "failed", at=after_days(10))
    tell(story, "succeeded", at=after_days(1))
    assert shown(story)["state"] == "delayed"
