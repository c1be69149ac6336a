"""The 20-day sentence, asked of `request_refund` itself: five readings by the probes of domain §2.3."""

from datetime import timedelta
from typing import Any

import pytest

from ledger.events.event import Event
from ledger.events.refunds import RefundRequested
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.policy import Policy
from ledger.refusals.catalogue import AfterSalesLocked, Refusal
from tests.support.given import BUYER, PLATFORM, instant
from tests.support.orders import OrderScenario

DISPATCHED = instant("2025-04-01T08:00:00Z")
EVIDENCE = ["recipient", "neighbour"]
BLOCKED, RETURN, CLAIM = "blocked", "return_refund", "not_received"

R1 = {"mode": "latest_of"}
R2 = {"mode": "earlier_of"}
R3 = {"mode": "until_signed", "deemed_signature_after": "P20D"}
R4 = {"mode": "by_evidence"}
R4_NO_PROOF = {"mode": "by_evidence", "carriers_without_proof": ["SF"]}
R5 = {"mode": "until_signed"}

# signed when, asked when, in days and hours after dispatch
PROBES: tuple[tuple[timedelta | None, timedelta], ...] = (
    (timedelta(days=5), timedelta(days=8)),
    (timedelta(days=5), timedelta(days=20)),
    (timedelta(days=25), timedelta(days=26)),
    (None, timedelta(days=19, hours=23)),
    (None, timedelta(days=20)),
    (None, timedelta(days=25)),
)


def lock(**terms: Any) -> AfterSalesLock:
    return AfterSalesLock.model_validate(
        {"mode": "earlier_of", "window": "P20D", "signature_evidence": EVIDENCE} | terms
    )


def sent(*policies: Policy, **parcels: Any) -> OrderScenario:
    return OrderScenario(policies=policies).paid().sent(A=2, B=1, at=DISPATCHED, **parcels)


def ask(scenario: OrderScenario, after: timedelta, refund_id: str = "R-1", **reported: Any) -> Event | Refusal:
    asked: dict[str, Any] = {
        "by": BUYER,
        "refund_id": refund_id,
        "reason": "changed_mind",
    } | reported
    try:
        return scenario.submit("request_refund", at=DISPATCHED + after, **asked)[0]
    except Refusal as refusal:
        return refusal


def answer(scenario: OrderScenario, after: timedelta, **reported: Any) -> str:
    """Returns the type of the case that a request opens, or `BLOCKED`."""
    came_to = ask(scenario, after, **reported)
    if isinstance(came_to, RefundRequested):
        return came_to.type
    assert isinstance(came_to, AfterSalesLocked), came_to
    return BLOCKED


@pytest.mark.parametrize(
    ("reading", "answers"),
    [
        pytest.param(R1, [BLOCKED, RETURN, RETURN, BLOCKED, BLOCKED, BLOCKED], id="R1 union"),
        pytest.param(R2, [RETURN, RETURN, RETURN, BLOCKED, CLAIM, CLAIM], id="R2 earlier of"),
        pytest.param(R3, [RETURN, RETURN, RETURN, BLOCKED, RETURN, RETURN], id="R3 deemed signed"),
        pytest.param(R4, [RETURN, RETURN, RETURN, BLOCKED, BLOCKED, BLOCKED], id="R4 carrier proves signatures"),
        pytest.param(R4_NO_PROOF, [BLOCKED, RETURN, RETURN, BLOCKED, CLAIM, CLAIM], id="R4 carrier proves nothing"),
        pytest.param(R5, [RETURN, RETURN, RETURN, BLOCKED, BLOCKED, BLOCKED], id="R5 until signed"),
    ],
)
def test_each_reading_answers_the_buyer_as_the_table_says(reading: dict[str, Any], answers: list[str]) -> None:
    given = []
    for signed_after, asked_after in PROBES:
        scenario = sent(lock(**reading))
        if signed_after is not None:
            scenario.signed(at=DISPATCHED + signed_after)
        given.append(answer(scenario, asked_after))
    assert given == answers


@pytest.mark.parametrize("short_by", [timedelta(hours=1), timedelta(milliseconds=1)])
def test_short_of_twenty_days_the_refusal_says_when_the_lock_ends(short_by: timedelta) -> None:
    refusal = ask(sent(), timedelta(days=20) - short_by)
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == instant("2025-04-21T08:00:00.000Z")


def test_at_the_millisecond_of_twenty_days_a_claim_goes_to_customer_service() -> None:
    requested = ask(sent(), timedelta(days=20))
    assert isinstance(requested, RefundRequested)
    assert (requested.type, requested.rounds_required) == ("not_received", 1)


def test_calendar_days_block_until_the_end_of_the_last_local_day() -> None:
    scenario = sent(lock(clock="calendar_day", zone="Asia/Shanghai"))
    refusal = ask(scenario, timedelta(days=20))
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == instant("2025-04-21T16:00:00Z")
    assert answer(scenario, timedelta(days=20, hours=8)) == CLAIM


@pytest.mark.parametrize(
    ("anchor", "milestone"),
    [("warehouse_received", "received_at_warehouse"), ("export_released", "export_released"), ("departed", "departed")],
)
def test_the_window_counts_from_the_anchor(anchor: str, milestone: str) -> None:
    scenario = sent(lock(anchor=anchor))
    reported: dict[str, Any] = {"warehouse_id": "W-1"} if milestone == "received_at_warehouse" else {}
    scenario.submit(
        "report_tracking", parcel_id="P-1", milestone=milestone, at=DISPATCHED + timedelta(days=3), **reported
    )
    refusal = ask(scenario, timedelta(days=22))
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == DISPATCHED + timedelta(days=23)
    assert answer(scenario, timedelta(days=23)) == CLAIM


def test_until_the_anchor_is_reported_nobody_can_say_when_the_lock_ends() -> None:
    refusal = ask(sent(lock(anchor="departed")), timedelta(days=40))
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at is None


def test_under_the_scope_of_the_line_a_signed_parcel_opens_its_own_units_only() -> None:
    scenario = OrderScenario(policies=[lock()]).paid().sent("P-1", A=2, at=DISPATCHED).sent("P-2", B=1, at=DISPATCHED)
    scenario.signed("P-1", at=DISPATCHED + timedelta(days=5))
    asked = timedelta(days=8)
    assert answer(scenario, asked, lines=[{"line_id": "B", "qty": 1}]) == BLOCKED
    assert answer(scenario, asked, lines=[{"line_id": "A", "qty": 1}]) == RETURN


def test_under_the_scope_of_the_order_every_parcel_is_waited_for() -> None:
    later = DISPATCHED + timedelta(days=1)
    scenario = (
        OrderScenario(policies=[lock(scope="order")]).paid().sent("P-1", A=2, at=DISPATCHED).sent("P-2", B=1, at=later)
    )
    scenario.signed("P-1", at=DISPATCHED + timedelta(days=5))
    refusal = ask(scenario, timedelta(days=8), lines=[{"line_id": "A", "qty": 1}])
    assert isinstance(refusal, AfterSalesLocked)
    assert refusal.lock_ends_at == DISPATCHED + timedelta(days=21)


def test_of_several_parcels_the_refusal_says_when_enough_units_are_open() -> None:
    later = DISPATCHED + timedelta(days=2)
    scenario = OrderScenario().paid().sent("P-1", A=1, at=DISPATCHED).sent("P-2", A=1, B=1, at=later)
    one, both = ([{"line_id": "A", "qty": qty}] for qty in (1, 2))
    ends = [ask(scenario, timedelta(days=8), lines=lines) for lines in (one, both)]
    assert [end.lock_ends_at for end in ends if isinstance(end, AfterSalesLocked)] == [
        DISPATCHED + timedelta(days=20),
        DISPATCHED + timedelta(days=22),
    ]


def test_a_signature_reported_late_opens_what_was_refused_before() -> None:
    scenario = sent()
    assert answer(scenario, timedelta(days=8)) == BLOCKED
    scenario.signed(at=DISPATCHED + timedelta(days=5))
    assert answer(scenario, timedelta(days=8, hours=1), refund_id="R-2") == RETURN


def test_a_hand_over_reported_late_moves_the_window_back() -> None:
    scenario = sent()
    handed_over: dict[str, Any] = {"parcel_id": "P-1", "carrier": "SF", "tracking_no": "T-P-1"}
    scenario.submit("report_dispatch", at=DISPATCHED - timedelta(days=2), **handed_over)
    assert answer(scenario, timedelta(days=18)) == CLAIM


def test_of_two_signatures_the_one_that_counts_opens_the_return() -> None:
    scenario = sent(lock(mode="until_signed"))
    for days, kind in ((5, "locker"), (7, "recipient")):
        scenario.submit("report_signature", parcel_id="P-1", evidence_kind=kind, at=DISPATCHED + timedelta(days=days))
    assert answer(scenario, timedelta(days=8)) == RETURN


def test_a_later_version_of_the_lock_does_not_touch_an_order_that_was_placed_before() -> None:
    """Both ways: what was laxer stays so, and what was stricter."""
    lax, strict = sent(lock()), sent(lock(mode="latest_of"))
    for scenario, later in ((lax, lock(mode="latest_of")), (strict, lock())):
        scenario.publish(later, version=3).signed(at=DISPATCHED + timedelta(days=5))
        assert scenario.order.placed is not None
        assert scenario.order.placed.after_sales_lock_version == 2
    assert [answer(scenario, timedelta(days=8)) for scenario in (lax, strict)] == [RETURN, BLOCKED]


def test_the_platform_waits_for_nothing() -> None:
    assert answer(sent(), timedelta(days=1), by=PLATFORM) == CLAIM


def test_an_exempt_reason_waits_for_nothing() -> None:
    assert answer(sent(lock(exempt_reasons=["recall"])), timedelta(days=1), reason="recall") == CLAIM
