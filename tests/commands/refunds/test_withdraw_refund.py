"""A buyer takes a request back: as if it had never been asked, but for the name of the case."""

from typing import Any

import pytest

from ledger.actors import Actor
from ledger.events.orders import OrderCompleted
from ledger.events.refunds import RefundWithdrawn
from ledger.refusals.catalogue import CaseClosed, CaseNotFound, OpenCase, RefundPendingOnLine, RoleNotAllowed
from tests.support.after_sales import approve, asked, delivered, one
from tests.support.given import BUYER, FINANCE, MERCHANT, PLATFORM
from tests.support.orders import OrderScenario, after_days

SEND: dict[str, Any] = {"parcel_id": "P-1", "carrier": "SF", "tracking_no": "T-1"}


def waiting() -> OrderScenario:
    scenario = OrderScenario().paid()
    items = [*one("A", 2), *one("B")]
    scenario.submit("create_parcel", parcel_id="P-1", items=items, warehouse_id="W-1")
    return asked(scenario, day=0)


def withdraw(scenario: OrderScenario, *, by: Actor = BUYER, day: float = 9) -> list[Any]:
    return scenario.submit("withdraw_refund", by=by, refund_id="R-1", at=after_days(day))


def test_a_withdrawn_request_moves_no_money() -> None:
    scenario = waiting()
    entries = len(scenario.entries)
    assert [type(event) for event in withdraw(scenario)] == [RefundWithdrawn]
    assert len(scenario.entries) == entries


def test_while_a_request_waits_nothing_is_dispatched_and_after_it_is_withdrawn_it_is() -> None:
    scenario = waiting()
    assert isinstance(scenario.refusal("dispatch_parcel", **SEND), RefundPendingOnLine)
    withdraw(scenario)
    scenario.submit("dispatch_parcel", **SEND)
    assert scenario.order.status == "in_transit"


def test_while_a_request_waits_nothing_is_released_and_after_it_is_withdrawn_it_is() -> None:
    scenario = asked(delivered())
    assert isinstance(scenario.refusal("release_settlement", at=after_days(12)), OpenCase)
    withdraw(scenario)
    scenario.submit("release_settlement", at=after_days(12))
    assert scenario.balance("2120") == -475_00


def test_an_order_that_only_waited_for_the_request_is_completed() -> None:
    scenario = delivered()
    scenario.submit("release_settlement", at=after_days(12))
    scenario = asked(scenario, day=13, lines=one("B"))
    assert not isinstance(withdraw(scenario, day=14)[-1], OrderCompleted), "it was completed by the release"
    two = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1).signed("P-1").signed("P-2", at=after_days(3))
    two.submit("release_settlement", at=after_days(7))
    asked(two, day=8, lines=one("A"))
    two.submit("release_settlement", at=after_days(10))
    assert isinstance(withdraw(two, day=11)[-1], OrderCompleted)


def test_asking_anew_is_a_new_case_at_round_one() -> None:
    scenario = waiting()
    scenario.submit("approve_refund", by=MERCHANT, refund_id="R-1", round=1)
    withdraw(scenario)
    asked(scenario, "R-2", day=1)
    assert (scenario.order.cases["R-2"].next_round, scenario.order.cases["R-1"].state) == (1, "withdrawn")


@pytest.mark.parametrize("actor", [MERCHANT, FINANCE])
def test_nobody_withdraws_anothers_request(actor: Actor) -> None:
    assert isinstance(waiting().refusal("withdraw_refund", by=actor, refund_id="R-1"), RoleNotAllowed)


def test_who_asked_for_the_buyer_may_withdraw_for_them() -> None:
    scenario = asked(OrderScenario().paid(), by=PLATFORM)
    withdraw(scenario, by=PLATFORM)
    assert scenario.order.cases["R-1"].state == "withdrawn"


def test_what_is_approved_is_not_withdrawn() -> None:
    scenario = asked(delivered(), lines=one("B"))
    approve(scenario)
    assert isinstance(scenario.refusal("withdraw_refund", by=BUYER, refund_id="R-1"), CaseClosed)


def test_what_is_withdrawn_is_not_approved() -> None:
    scenario = waiting()
    withdraw(scenario)
    assert isinstance(scenario.refusal("approve_refund", by=MERCHANT, refund_id="R-1", round=1), CaseClosed)


def test_a_case_that_is_not_there_is_not_withdrawn() -> None:
    assert isinstance(OrderScenario().paid().refusal("withdraw_refund", by=BUYER, refund_id="R-1"), CaseNotFound)
