"""Keeping a line's money back before it is released."""

from typing import Any

from ledger.events.settlement import SettlementReleased
from ledger.refusals.catalogue import AlreadyReleased, OrderNotConfirmed, RoleNotAllowed
from ledger.refusals.finance import HoldIdTaken, HoldNotFound
from ledger.refusals.payouts import LineOnHold
from tests.support.given import BUYER, MERCHANT, PLATFORM
from tests.support.orders import OrderScenario, after_days, basket

HOLD: dict[str, Any] = {"line_id": "A", "hold_id": "H-1", "reason": "evidence"}


def signed() -> OrderScenario:
    return OrderScenario().paid().sent(A=2, B=1).signed()


def held() -> OrderScenario:
    scenario = signed()
    scenario.submit("hold_line", **HOLD)
    return scenario


def test_what_is_pending_of_the_line_is_held() -> None:
    scenario = held()
    assert (scenario.balance("2110"), scenario.balance("2130")) == (-140_00, -360_00)


def test_of_a_held_line_nothing_is_released_and_of_the_others_all() -> None:
    scenario = held()
    decided = scenario.submit("release_settlement", at=after_days(7))
    assert [(type(event), event.line_id) for event in decided] == [(SettlementReleased, "B")]  # type: ignore[attr-defined]
    refusal = scenario.refusal("release_settlement", at=after_days(7))
    assert isinstance(refusal, LineOnHold)
    assert (refusal.line_id, refusal.hold_id) == ("A", "H-1")


def test_once_the_hold_ends_the_line_is_released() -> None:
    scenario = held()
    scenario.submit("release_line_hold", hold_id="H-1")
    scenario.submit("release_settlement", at=after_days(7))
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.balance("2130")) == (0, -475_00, 0)


def test_what_a_refund_took_meanwhile_the_hold_gives_back_when_it_ends() -> None:
    scenario = held()
    lines = [{"line_id": "A", "qty": 1}]
    scenario.submit("request_refund", refund_id="R-1", reason="broken", lines=lines, by=BUYER, at=after_days(1))
    scenario.submit("approve_refund", refund_id="R-1", round=1, by=PLATFORM, at=after_days(2))
    scenario.submit("release_line_hold", hold_id="H-1")
    scenario.submit("release_settlement", at=after_days(7))
    assert (scenario.balance("2110"), scenario.balance("2120"), scenario.balance("2130")) == (0, -304_00, 0)


def test_a_line_is_held_once_at_a_time() -> None:
    assert isinstance(held().refusal("hold_line", **HOLD | {"hold_id": "H-2"}), LineOnHold)


def test_a_hold_has_an_id_of_its_own() -> None:
    assert isinstance(held().refusal("hold_line", **HOLD | {"line_id": "B"}), HoldIdTaken)


def test_a_hold_ends_once() -> None:
    scenario = held()
    scenario.submit("release_line_hold", hold_id="H-1")
    assert isinstance(scenario.refusal("release_line_hold", hold_id="H-1"), HoldNotFound)


def test_what_is_released_is_pending_no_more() -> None:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    assert isinstance(scenario.refusal("hold_line", **HOLD), AlreadyReleased)


def test_nothing_is_held_of_what_nobody_paid() -> None:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    assert isinstance(scenario.refusal("hold_line", **HOLD), OrderNotConfirmed)


def test_a_merchant_holds_nothing() -> None:
    assert isinstance(signed().refusal("hold_line", by=MERCHANT, **HOLD), RoleNotAllowed)
