"""The policy `automation`: the steps of the service and their times."""

from datetime import UTC, datetime, timedelta

import pytest

from ledger.policies.automation import Automation

NOW = datetime(2025, 4, 1, 8, tzinfo=UTC)
TEN_IN_SHANGHAI = datetime(2025, 4, 14, 2, tzinfo=UTC)  # a Monday


def test_a_run_is_due_from_its_hour_in_shanghai_for_a_week() -> None:
    policy = Automation(settlement_weekdays=(1,), settlement_hour=10)
    instants = (timedelta(seconds=-1), timedelta(0), timedelta(days=7, seconds=-1), timedelta(days=7))
    found = [policy.settlement_due(TEN_IN_SHANGHAI + later) for later in instants]
    week = timedelta(days=7)
    assert found == [TEN_IN_SHANGHAI - week, TEN_IN_SHANGHAI, TEN_IN_SHANGHAI, TEN_IN_SHANGHAI + week]


def test_of_several_days_the_newest_is_due() -> None:
    policy = Automation(settlement_weekdays=(1, 4), settlement_hour=10)
    assert policy.settlement_due(TEN_IN_SHANGHAI + timedelta(days=4)) == TEN_IN_SHANGHAI + timedelta(days=3)


def test_no_run_is_due_while_no_day_is_named() -> None:
    assert Automation().settlement_due(NOW) is None


def test_a_payment_is_captured_before_its_hold_lapses() -> None:
    due = Automation(capture_ahead=timedelta(hours=12)).capture_at(
        held_since=NOW, lapses_at=NOW + timedelta(days=3), dispatched_at=NOW
    )
    assert due == NOW + timedelta(days=2, hours=12)


@pytest.mark.parametrize("dispatched_at", [None, NOW])
def test_a_payment_is_captured_at_dispatch(dispatched_at: datetime | None) -> None:
    policy = Automation(capture_when="at_dispatch")
    assert policy.capture_at(held_since=NOW, lapses_at=NOW, dispatched_at=dispatched_at) == dispatched_at


def test_the_switch_of_an_older_content_is_kept() -> None:
    assert Automation.stored({"submit_refunds": False}).off == ("refunds",)
    assert Automation.stored('{"submit_refunds": true, "refund_attempts": 5}') == Automation(refund_attempts=5)
