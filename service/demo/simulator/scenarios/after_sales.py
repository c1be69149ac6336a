"""Scenarios after the sale: refunds, returns, claims, and parcels that are lost, damaged or stopped by customs."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money
from service.demo.simulator.scenarios.disputes import lost
from service.demo.simulator.scenarios.order_steps import (
    Scenario,
    asked_before_dispatch,
    asks_back,
    paid_back,
    placed_and_paid,
    refund_outcome,
)
from service.demo.simulator.scenarios.shipments import (
    RELEASE_AFTER,
    all_sent,
    numbered,
    packed,
    released,
    sent_and_released,
    signed,
    tracked,
    under_way,
)
from service.demo.simulator.step import CARRIER, SERVICE_DESK, SYSTEM, Step

LOCK = timedelta(days=20)  # of the default policy
_ONE_DAY = timedelta(days=1)


def refunded_before_dispatch(scenario: Scenario) -> Iterator[Step]:
    """The buyer changes their mind; Express Refund is on."""
    requested_at = yield from asked_before_dispatch(scenario)
    yield from paid_back(scenario, requested_at, scenario.refund_id, scenario.basket.total)


def waiting_for_two_rounds(scenario: Scenario) -> Iterator[Step]:
    """Express Refund is off, and the case is still open at the month's end."""
    yield from asked_before_dispatch(scenario)


def approved_in_two_rounds(scenario: Scenario) -> Iterator[Step]:
    """The merchant approves, then customer service."""
    at = yield from first_round(scenario)
    yield scenario.asks(at + _ONE_DAY, "approve_refund", SERVICE_DESK, refund_id=scenario.refund_id, round=2)
    yield from paid_back(scenario, at + _ONE_DAY, scenario.refund_id, scenario.basket.total)


def rejected_in_the_second_round(scenario: Scenario) -> Iterator[Step]:
    """The merchant approves, customer service rejects; the goods are sent."""
    at = yield from first_round(scenario)
    no = {"refund_id": scenario.refund_id, "round": 2, "reason": "packed_already"}
    yield scenario.asks(at + _ONE_DAY, "reject_refund", SERVICE_DESK, **no)
    yield from sent_and_released(scenario, at + _ONE_DAY, "1", scenario.basket.quantities)


def withdrawn(scenario: Scenario) -> Iterator[Step]:
    """The buyer withdraws the request."""
    requested_at = yield from asked_before_dispatch(scenario)
    at = requested_at + timedelta(hours=3)
    yield scenario.asks(at, "withdraw_refund", scenario.buyer, refund_id=scenario.refund_id)
    yield from sent_and_released(scenario, at, "1", scenario.basket.quantities)


def scanned_after_the_refund(scenario: Scenario) -> Iterator[Step]:
    """The parcel was handed over before the refund, and the carrier reports it a day later."""
    paid_at = yield from placed_and_paid(scenario)
    parcel_id = scenario.parcel_id
    yield packed(scenario, paid_at + timedelta(hours=2), parcel_id, scenario.basket.quantities)
    requested_at = yield from asks_back(scenario, paid_at + timedelta(hours=5))
    scan = {"parcel_id": parcel_id, **numbered(parcel_id)}
    yield scenario.reports_late(
        requested_at + _ONE_DAY, "report_dispatch", CARRIER, requested_at - timedelta(hours=1), **scan
    )
    yield from paid_back(scenario, requested_at, scenario.refund_id, scenario.basket.total)


def returned_with_the_goods(scenario: Scenario) -> Iterator[Step]:
    """One unit is broken: customer service wants it back before the refund."""
    signed_at, approved_at = yield from _returned(scenario, return_required=True)
    yield from _sent_back(scenario, approved_at)
    yield from paid_back(
        scenario, approved_at + 8 * _ONE_DAY, scenario.refund_id, scenario.basket.back_with(scenario.one_unit[1])
    )
    if sum(scenario.basket.quantities.values()) > 1:
        yield released(scenario, signed_at + 5 * _ONE_DAY)


def returned_without_the_goods(scenario: Scenario) -> Iterator[Step]:
    """One unit has a scratch: half of its price is refunded, and the buyer keeps it."""
    line_id, price = scenario.one_unit
    half = Money((price.minor + 1) // 2, price.currency)
    lines = [{"line_id": line_id, "amount": half}]
    signed_at, approved_at = yield from _returned(scenario, lines=lines)
    yield from paid_back(scenario, approved_at, scenario.refund_id, scenario.basket.back_with(half))
    yield released(scenario, signed_at)


def never_sent_back(scenario: Scenario) -> Iterator[Step]:
    """The goods must come back and do not: the refund expires."""
    signed_at, approved_at = yield from _returned(scenario, return_required=True)
    expired_at = approved_at + 15 * _ONE_DAY
    yield scenario.asks(expired_at, "expire_return", SYSTEM, refund_id=scenario.refund_id)
    yield released(scenario, signed_at + 14 * _ONE_DAY)


def never_sent_back_and_disputed(scenario: Scenario) -> Iterator[Step]:
    """While the goods are awaited, an issuer pays half the money back. The goods never come, and the liability for the
    other half is extinguished.
    """
    _, approved_at = yield from _returned(scenario, return_required=True)
    _, price = scenario.one_unit
    yield from lost(scenario, approved_at + 2 * _ONE_DAY, Money(max(1, price.minor // 2), price.currency))
    expired_at = approved_at + 15 * _ONE_DAY
    yield scenario.asks(expired_at, "expire_return", SYSTEM, refund_id=scenario.refund_id)
    yield released(scenario, expired_at)


def returned_after_the_release(scenario: Scenario) -> Iterator[Step]:
    """The merchant has been paid by then, and pays the money back without the fee."""
    paid_at = yield from placed_and_paid(scenario)
    signed_at = yield from all_sent(scenario, paid_at)
    yield released(scenario, signed_at)
    requested_at = yield from asks_back(
        scenario, signed_at + RELEASE_AFTER + _ONE_DAY, reason="broken", lines=scenario.a_unit()
    )
    yield scenario.asks(requested_at + _ONE_DAY, "approve_refund", SERVICE_DESK, refund_id=scenario.refund_id, round=1)
    yield from paid_back(
        scenario, requested_at + _ONE_DAY, scenario.refund_id, scenario.basket.back_with(scenario.one_unit[1])
    )


def return_rejected(scenario: Scenario) -> Iterator[Step]:
    """Customer service finds that nothing is wrong with the goods."""
    paid_at = yield from placed_and_paid(scenario)
    signed_at = yield from all_sent(scenario, paid_at)
    requested_at = yield from asks_back(scenario, signed_at + _ONE_DAY, reason="broken")
    no = {"refund_id": scenario.refund_id, "round": 1, "reason": "no_evidence"}
    yield scenario.asks(requested_at + _ONE_DAY, "reject_refund", SERVICE_DESK, **no)
    yield released(scenario, signed_at)


def never_received(scenario: Scenario) -> Iterator[Step]:
    """Nobody signs, and after twenty days the buyer reports it."""
    _, dispatched_at, _ = yield from under_way(scenario, 8)
    requested_at = yield from asks_back(scenario, dispatched_at + LOCK + timedelta(hours=3), reason="not_received")
    yield scenario.asks(requested_at + _ONE_DAY, "approve_refund", SERVICE_DESK, refund_id=scenario.refund_id, round=1)
    yield from paid_back(scenario, requested_at + _ONE_DAY, scenario.refund_id, scenario.basket.total)


def lost_on_the_way(scenario: Scenario) -> Iterator[Step]:
    """The line-haul carrier loses the parcel; the platform refunds the buyer, and the merchant keeps the sale."""
    yield from _lost(scenario)


def lost_and_found(scenario: Scenario) -> Iterator[Step]:
    """The buyer was refunded and then receives the parcel after all."""
    parcel_id, paid_at = yield from _lost(scenario)
    yield tracked(scenario, paid_at + _ONE_DAY, "found")
    yield signed(scenario, paid_at + 2 * _ONE_DAY, parcel_id)


def without_partner_documents(scenario: Scenario) -> Iterator[Step]:
    """Export customs refuses the parcel because the platform's papers are missing; the platform bears it."""
    yield from _refused(scenario, legs=2, milestone="export_rejected", reason="missing_partner_documents")


def with_prohibited_goods(scenario: Scenario) -> Iterator[Step]:
    """Import customs refuses the parcel because of its content; the merchant bears it."""
    yield from _refused(scenario, legs=6, milestone="import_refused", reason="prohibited")


def damaged_on_the_way(scenario: Scenario) -> Iterator[Step]:
    """The parcel is damaged in the line-haul."""
    parcel_id, _, at = yield from under_way(scenario, 4)
    yield tracked(scenario, at + _ONE_DAY, "damaged", reason="crushed", evidence_ref="photo-1")
    refunded_at = at + 2 * _ONE_DAY
    names = {"parcel_id": parcel_id, "refund_id": scenario.refund_id}
    yield scenario.asks(refunded_at, "refund_damaged_parcel", SERVICE_DESK, **names)
    yield from paid_back(scenario, refunded_at, scenario.refund_id, scenario.basket.total)


def refund_failed_then_resubmitted(scenario: Scenario) -> Iterator[Step]:
    """The buyer's card is closed; the second attempt reaches the new card."""
    at = yield from asked_before_dispatch(scenario)
    refund_id, total = scenario.refund_id, scenario.basket.total
    yield scenario.asks(at + timedelta(hours=1), "submit_refund", SYSTEM, refund_id=refund_id)
    failed = refund_outcome(scenario, at + _ONE_DAY, refund_id, total, "failed", code="card_closed")
    yield failed
    yield scenario.asks(at + 2 * _ONE_DAY, "submit_refund", SYSTEM, refund_id=refund_id)
    yield refund_outcome(scenario, at + 4 * _ONE_DAY, refund_id, total, "succeeded", n=2)


def refund_reversed_then_paid_from_the_bank(scenario: Scenario) -> Iterator[Step]:
    """The refund comes back after it was paid, and is paid by bank transfer."""
    at = yield from asked_before_dispatch(scenario)
    refund_id, total = scenario.refund_id, scenario.basket.total
    paid_at = yield from paid_back(scenario, at, refund_id, total)
    yield refund_outcome(scenario, paid_at + 3 * _ONE_DAY, refund_id, total, "reversed", code="account_closed")
    transfer = {"method": "bank_transfer", "reference": f"TR-{scenario.order_id}", "refund_id": refund_id}
    yield from scenario.asks_two(
        paid_at + 5 * _ONE_DAY, "pay_refund_by_alternative", reason="account_closed", **transfer
    )


def first_round(scenario: Scenario) -> Generator[Step, None, datetime]:
    requested_at = yield from asked_before_dispatch(scenario)
    at = scenario.later(requested_at, least_h=2, most_h=20)
    note = "The buyer wrote to us as well"
    yield scenario.asks(at, "approve_refund", scenario.merchant, refund_id=scenario.refund_id, round=1, note=note)
    return at


def _returned(scenario: Scenario, **verdict: Any) -> Generator[Step, None, tuple[datetime, datetime]]:
    """Requests the return of a unit a day after the signature and approves it a day later. Returns both instants."""
    paid_at = yield from placed_and_paid(scenario)
    signed_at = yield from all_sent(scenario, paid_at)
    requested_at = yield from asks_back(scenario, signed_at + _ONE_DAY, reason="broken", lines=scenario.a_unit())
    approved_at = requested_at + _ONE_DAY
    if verdict.get("return_required"):
        verdict["return_by"] = approved_at + 14 * _ONE_DAY
    yes = {"refund_id": scenario.refund_id, "round": 1, **verdict}
    yield scenario.asks(approved_at, "approve_refund", SERVICE_DESK, **yes)
    return signed_at, approved_at


def _sent_back(scenario: Scenario, approved_at: datetime) -> Iterator[Step]:
    names = {"refund_id": scenario.refund_id}
    shipped = {**names, "carrier": "simpost", "tracking_no": f"RT{scenario.order_id}"}
    yield scenario.reports(approved_at + 2 * _ONE_DAY, "report_return_shipped", CARRIER, **shipped)
    received_at = approved_at + 6 * _ONE_DAY
    yield scenario.reports(received_at, "report_return_received", CARRIER, condition="as described", **names)
    looked_at = {**names, "condition": "broken", "disposition": "destroyed"}
    yield scenario.asks(received_at + _ONE_DAY, "record_return_inspection", SERVICE_DESK, **looked_at)


def _lost(scenario: Scenario) -> Generator[Step, None, tuple[str, datetime]]:
    parcel_id, _, last_seen = yield from under_way(scenario, 4)
    lost_at = last_seen + 9 * _ONE_DAY
    yield scenario.reports(
        lost_at, "report_loss", CARRIER, parcel_id=parcel_id, reason="line_haul", evidence_ref="claim"
    )
    refunded_at = lost_at + timedelta(hours=5)
    names = {"parcel_id": parcel_id, "refund_id": scenario.refund_id}
    yield scenario.asks(refunded_at, "refund_lost_parcel", SERVICE_DESK, **names)
    paid_at = yield from paid_back(scenario, refunded_at, scenario.refund_id, scenario.basket.total)
    return parcel_id, paid_at


def _refused(scenario: Scenario, *, legs: int, milestone: str, reason: str) -> Iterator[Step]:
    parcel_id, _, at = yield from under_way(scenario, legs)
    yield tracked(scenario, at + timedelta(hours=9), milestone, raw_code="100", reason=reason)
    refunded_at = at + 2 * _ONE_DAY
    names = {"parcel_id": parcel_id, "refund_id": scenario.refund_id, "reason": reason}
    yield scenario.asks(refunded_at, "refund_refused_parcel", SERVICE_DESK, **names)
    yield from paid_back(scenario, refunded_at, scenario.refund_id, scenario.basket.total)
