"""Disputes that are lost after they were won, and decisions that are reported late."""

from typing import Any

import pytest

from ledger.events.disputes import DisputeLost, DisputeOpened
from tests.commands.disputes.test_disputes import LATER, nothing_is_left_in, signed
from tests.support.given import PLATFORM
from tests.support.payments import OF_DISPUTE, disputed, opened


def test_a_loss_after_a_win_is_of_the_second_stage() -> None:
    scenario = disputed(signed())
    scenario.submit("report_dispute_won", **OF_DISPUTE)
    decided = scenario.submit("report_dispute_lost", **OF_DISPUTE, at=LATER)
    stages = [event.stage for event in decided if isinstance(event, DisputeOpened | DisputeLost)]
    assert (stages, scenario.breaks()) == (["second_stage", "second_stage"], [])
    assert (scenario.balance("2110"), scenario.base("5140")) == (0, 0)
    nothing_is_left_in(scenario, "1120", "1110")


def test_a_loss_after_a_win_pays_a_refund_that_was_approved_in_between() -> None:
    lines = [{"line_id": "B", "qty": 1}]
    scenario = signed()
    scenario.submit("report_dispute_opened", **opened("USD 19.44", lines=lines))
    scenario.submit("report_dispute_won", **OF_DISPUTE, at="2025-04-06T08:00:00Z")
    refund: dict[str, Any] = {"refund_id": "R-1", "reason": "broken", "lines": lines}
    scenario.submit("request_refund", by=PLATFORM, type="return_refund", at="2025-04-07T08:00:00Z", **refund)
    approval: dict[str, Any] = {"refund_id": "R-1", "round": 1, "liability": "merchant"}
    scenario.submit("approve_refund", by=PLATFORM, at="2025-04-07T08:00:00Z", **approval)
    scenario.submit("report_dispute_lost", **OF_DISPUTE, at=LATER)
    nothing_is_left_in(scenario, "2210", "1120")
    assert (scenario.balance("2110"), scenario.base("5140")) == (-360_00, 0)


@pytest.mark.parametrize("last", ["won", "lost"])
def test_an_earlier_decision_that_is_reported_late_changes_nothing(last: str) -> None:
    first = "won" if last == "lost" else "lost"
    scenario = disputed(signed())
    scenario.submit(f"report_dispute_{last}", **OF_DISPUTE, at=LATER)
    late: dict[str, Any] = {"at": LATER, "occurred_at": "2025-04-20T08:00:00Z"}
    assert scenario.submit(f"report_dispute_{first}", **OF_DISPUTE, **late) == []
    assert scenario.order.disputes.by_id["dp-1"].state == last
