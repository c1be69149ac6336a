"""The state of a buyer's refund after late reports."""

from typing import Any

from projections.tracking.tracked_refunds import REFUND_EVENTS, refunds_after
from tests.commands.refunds.test_report_refund_outcome import submit, submitted
from tests.support.orders import OrderScenario, after_days


def shown(scenario: OrderScenario) -> dict[str, Any]:
    """The refund as the buyer sees it."""
    refunds: dict[str, Any] = {}
    for event in scenario.events:
        if isinstance(event, REFUND_EVENTS):
            refunds = refunds_after(refunds, event)
    found: dict[str, Any] = refunds["R-1"]
    return found


def test_a_failure_that_is_without_effect_leaves_a_paid_refund_paid() -> None:
    scenario = submitted()
    submit(scenario, "succeeded", at=after_days(10))
    submit(scenario, "failed", at=after_days(1))
    assert shown(scenario)["state"] == "paid"


def test_a_refund_that_was_paid_anew_stays_paid_when_the_first_attempt_is_reported_late() -> None:
    scenario = submitted()
    submit(scenario, "failed", at=after_days(10))
    scenario.submit("submit_refund", refund_id="R-1")
    submit(scenario, "succeeded", attempt_id="R-1.2", psp_refund_ref="re-2", at=after_days(11))
    submit(scenario, "succeeded", at=after_days(1))
    assert (shown(scenario)["state"], shown(scenario)["paid"]) == ("paid", 69_44)


def test_a_refund_that_came_back_is_delayed() -> None:
    scenario = submitted()
    submit(scenario, "failed", at=after_days(10))
    submit(scenario, "succeeded", at=after_days(1))
    assert shown(scenario)["state"] == "delayed"
