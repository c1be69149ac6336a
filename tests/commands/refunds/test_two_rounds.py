"""Two rounds, rejected at the second (acceptance scenario 6)."""

from typing import Any

from ledger.actors import Actor
from ledger.events.refunds import RefundRejected, RefundRequested, RefundRoundRejected
from ledger.policies.approvals import Approvals
from ledger.refusals.catalogue import CaseClosed, RefundPendingOnLine, RoleNotAllowed, SameApprover, WrongRound
from tests.support.after_sales import asked
from tests.support.given import BUYER, FINANCE, PLATFORM
from tests.support.orders import OrderScenario, line

APPROVER = Actor(kind="merchant", id="mei", role="merchant", scope="M-1")
SAME_PERSON = Actor(kind="platform", id="mei", role="platform_cs")
CASE: dict[str, Any] = {"refund_id": "R-1"}


def unshipped() -> OrderScenario:
    """An order of CNY 300.00 that was not sent, and whose buyer wants their money back; Express Refund is off."""
    lines = [line("A", 2, "CNY 150.00", "USD 20.83")]
    scenario = OrderScenario().paid(lines=lines, list_total="CNY 300.00", buyer_total="USD 41.66")
    scenario.submit("create_parcel", parcel_id="P-1", items=[{"line_id": "A", "qty": 2}], warehouse_id="W-1")
    return asked(scenario, day=0)


def rejected_at_round_two() -> OrderScenario:
    scenario = unshipped()
    scenario.submit("approve_refund", by=APPROVER, round=1, **CASE)
    scenario.submit("reject_refund", by=PLATFORM, round=2, reason="packed_already", **CASE)
    return scenario


def open_cases(scenario: OrderScenario) -> list[str]:
    return [case.id for case in scenario.order.cases.values() if case.is_open]


def test_the_second_round_cannot_come_first() -> None:
    assert isinstance(unshipped().refusal("approve_refund", by=PLATFORM, round=2, **CASE), WrongRound)


def test_one_person_with_two_roles_does_not_decide_twice() -> None:
    scenario = unshipped()
    scenario.submit("approve_refund", by=APPROVER, round=1, **CASE)
    refusal = scenario.refusal("approve_refund", by=SAME_PERSON, round=2, **CASE)
    assert isinstance(refusal, SameApprover)
    assert refusal.approver == "mei"
    assert isinstance(scenario.refusal("reject_refund", by=SAME_PERSON, round=2, reason="no", **CASE), SameApprover)


def test_the_platform_decides_through_its_customer_service() -> None:
    scenario = unshipped()
    scenario.submit("approve_refund", by=APPROVER, round=1, **CASE)
    refusal = scenario.refusal("approve_refund", by=FINANCE, round=2, **CASE)
    assert isinstance(refusal, RoleNotAllowed)
    assert (refusal.role, refusal.needed) == ("finance", "support, merchant or importer")


def test_a_no_in_the_second_round_closes_the_case_without_a_line_in_the_journal() -> None:
    scenario = unshipped()
    entries = len(scenario.entries)
    scenario.submit("approve_refund", by=APPROVER, round=1, **CASE)
    decided = scenario.submit("reject_refund", by=PLATFORM, round=2, reason="packed_already", **CASE)
    assert tuple(type(event) for event in decided) == (RefundRoundRejected, RefundRejected)
    assert (scenario.order.cases["R-1"].state, len(scenario.entries), open_cases(scenario)) == ("rejected", entries, [])


def test_after_the_no_the_parcel_can_be_dispatched() -> None:
    send: dict[str, Any] = {"parcel_id": "P-1", "carrier": "SF", "tracking_no": "T-1"}
    assert isinstance(unshipped().refusal("dispatch_parcel", **send), RefundPendingOnLine)
    scenario = rejected_at_round_two()
    scenario.submit("dispatch_parcel", **send)
    assert scenario.order.status == "in_transit"


def test_a_closed_case_is_not_approved() -> None:
    assert isinstance(rejected_at_round_two().refusal("approve_refund", by=PLATFORM, round=2, **CASE), CaseClosed)


def test_a_new_request_is_a_new_case_that_starts_at_round_one() -> None:
    scenario = rejected_at_round_two()
    (requested,) = scenario.submit("request_refund", by=BUYER, refund_id="R-2", reason="changed_mind")
    assert isinstance(requested, RefundRequested)
    case = scenario.order.cases["R-2"]
    assert (case.next_round, case.rounds_required, case.approvers) == (1, 2, [])


def test_rounds_that_a_policy_adds_later_are_not_those_of_a_case_that_is_open() -> None:
    scenario = OrderScenario(policies=[Approvals(rounds=("platform",))]).paid()
    asked(scenario, day=0)
    assert scenario.order.cases["R-1"].rounds_required == 1
    scenario.submit("approve_refund", by=PLATFORM, round=1, **CASE)
    assert scenario.order.cases["R-1"].state == "approved"
