"""Scenarios of the last mile and of trouble on the way: not at home, lost, found, damaged, unknown codes,
wrong clocks.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money, share
from service.demo.simulator.scenarios.order_steps import Scenario, paid_back, placed_and_paid
from service.demo.simulator.scenarios.shipments import (
    HAULIER,
    all_sent,
    carried,
    duty,
    released,
    signed,
    tracked,
    under_way,
)
from service.demo.simulator.step import CARRIER, OPERATIONS, SERVICE_DESK, SYSTEM, Step

_ONE_DAY = timedelta(days=1)
_DEPARTED, _OUT = 4, 8  # number of milestones up to the departure, and up to the last mile
_UNTIL_RATES_ARE_OLD = timedelta(days=21)


def returned_to_sender(scenario: Scenario) -> Iterator[Step]:
    """Nobody is at home and nobody collects the parcel: it goes back to the sender, whose reception signs for it, and
    the platform refunds the goods.
    """
    _, _, at = yield from under_way(scenario, _OUT)
    yield tracked(scenario, at + timedelta(hours=4), "delivery_attempted", raw_code="EMH", attempt_no=1)
    yield tracked(scenario, at + timedelta(hours=28), "delivery_attempted", raw_code="EMH", attempt_no=2)
    yield tracked(scenario, at + timedelta(hours=29), "available_for_pickup", raw_code="EDH")
    yield tracked(scenario, at + 8 * _ONE_DAY, "returning_to_sender", raw_code="EMH", reason="not_collected")
    back_at = at + 17 * _ONE_DAY
    proof = {"parcel_id": scenario.parcel_id, "evidence_kind": "reception", "proof_ref": f"back-{scenario.parcel_id}"}
    yield scenario.reports(back_at - timedelta(hours=2), "report_signature", CARRIER, **proof)
    yield tracked(scenario, back_at, "returned_to_warehouse", location="Guangzhou")
    names = {"parcel_id": scenario.parcel_id, "refund_id": scenario.refund_id}
    yield scenario.asks(back_at + _ONE_DAY, "refund_returned_parcel", SERVICE_DESK, **names)
    yield from paid_back(scenario, back_at + _ONE_DAY, scenario.refund_id, scenario.basket.total)


def with_words_nobody_knows(scenario: Scenario) -> Iterator[Step]:
    """A carrier's code without a milestone is kept unchanged."""
    parcel_id, dispatched_at, at = yield from under_way(scenario, _DEPARTED)
    text = f"Shipment info amended for {scenario.basket.buyer.name}"
    yield tracked(scenario, at + timedelta(hours=1), "noted", raw_code="Exception_099", text=text)
    signed_at = yield from carried(scenario, dispatched_at, parcel_id, scenario.basket.quantities, after=_DEPARTED)
    yield released(scenario, signed_at)


def signed_by_a_clock_ahead(scenario: Scenario) -> Iterator[Step]:
    """The handheld's clock is a day ahead; its report is recorded, and a break is opened."""
    _, _, at = yield from under_way(scenario, _OUT)
    reported_at = at + timedelta(hours=3)
    proof = {"parcel_id": scenario.parcel_id, "evidence_kind": "recipient", "proof_ref": f"pod-{scenario.parcel_id}"}
    yield scenario.reports_late(reported_at, "report_signature", CARRIER, reported_at + _ONE_DAY, **proof)
    yield released(scenario, reported_at + _ONE_DAY)


def signed_although_lost(scenario: Scenario) -> Iterator[Step]:
    """The line-haul carrier reports the parcel lost, and then somebody signs for it: both are kept, and a person
    decides.
    """
    parcel_id, _, at = yield from under_way(scenario, _DEPARTED)
    yield _lost(scenario, at + 9 * _ONE_DAY)
    yield signed(scenario, at + 11 * _ONE_DAY, parcel_id)


def found_before_the_refund(scenario: Scenario) -> Iterator[Step]:
    """Lost, found in another depot, delivered; no money had moved."""
    parcel_id, _, at = yield from under_way(scenario, _DEPARTED)
    yield _lost(scenario, at + 9 * _ONE_DAY)
    found_at = at + 10 * _ONE_DAY
    yield tracked(scenario, found_at, "found")
    signed_at = yield from carried(scenario, found_at, parcel_id, scenario.basket.quantities, after=_DEPARTED)
    yield released(scenario, signed_at)


def lost_and_compensated(scenario: Scenario) -> Iterator[Step]:
    """The line-haul carrier accepts most of the claim, and pays in two parts."""
    lost_at, claimed = yield from _lost_and_claimed(scenario)
    accepted = share(claimed, upto=80, of=100, already=claimed * 0)
    yield _claim(scenario, lost_at + 6 * _ONE_DAY, "report_claim_accepted", amount=accepted)
    half = Money(accepted.minor // 2, accepted.currency)
    for n, part in enumerate((half, accepted - half), 1):
        paid = {"amount": part, "cash": part, "bank_entry_ref": f"bk-{scenario.order_id}-{n}"}
        yield _claim(scenario, lost_at + (9 + n) * _ONE_DAY, "report_claim_settled", **paid)


def lost_and_denied(scenario: Scenario) -> Iterator[Step]:
    """The line-haul carrier denies the claim."""
    lost_at, _ = yield from _lost_and_claimed(scenario)
    yield _claim(scenario, lost_at + 6 * _ONE_DAY, "report_claim_denied", code="insufficient_proof")


def broken_and_destroyed(scenario: Scenario) -> Iterator[Step]:
    """A container takes in water: the rest of the goods is destroyed, and the buyer is refunded."""
    _, _, at = yield from under_way(scenario, _DEPARTED)
    yield tracked(scenario, at + _ONE_DAY, "damaged", reason="water", evidence_ref="photo-2")
    yield tracked(scenario, at + 3 * _ONE_DAY, "destroyed", reason="water", evidence_ref="cert-2")
    refunded_at = at + 4 * _ONE_DAY
    names = {"parcel_id": scenario.parcel_id, "refund_id": scenario.refund_id}
    yield scenario.asks(refunded_at, "refund_damaged_parcel", SERVICE_DESK, **names)
    yield from paid_back(scenario, refunded_at, scenario.refund_id, scenario.basket.total)


def deemed_signed(scenario: Scenario) -> Iterator[Step]:
    """The carrier never proves delivery; the order's policy deems the parcel signed for after a time."""
    _, dispatched_at, _ = yield from under_way(scenario, _OUT)
    deemed_at = dispatched_at + 26 * _ONE_DAY
    yield scenario.asks(deemed_at, "deem_signed", SYSTEM, parcel_id=scenario.parcel_id)
    yield released(scenario, deemed_at)


def reported_of_an_order_that_stands(scenario: Scenario) -> Iterator[Step]:
    """Another system reports the order as cancelled, but it is delivered."""
    paid_at = yield from placed_and_paid(scenario)
    signed_at = yield from all_sent(scenario, paid_at)
    reported = {"status": "cancelled", "reported": "canceled"}
    yield scenario.reports(signed_at + _ONE_DAY, "report_status", OPERATIONS, **reported)
    yield released(scenario, signed_at)


def assessed_weeks_ahead(scenario: Scenario) -> Iterator[Step]:
    """The broker dates a second duty three weeks ahead. No rate of that day is known, so that it is booked at the last
    rate.
    """
    paid_at = yield from placed_and_paid(scenario)
    signed_at = yield from all_sent(scenario, paid_at)
    yield released(scenario, signed_at)
    at, name = signed_at + 2 * _ONE_DAY, f"ahead-{scenario.parcel_id}"
    assessed = duty(scenario, at, scenario.parcel_id, scenario.basket.quantities, assessment_ref=name)
    yield replace(assessed, happened_at=at + _UNTIL_RATES_ARE_OLD)


def _lost(scenario: Scenario, at: datetime) -> Step:
    lost = {"parcel_id": scenario.parcel_id, "reason": "line_haul", "evidence_ref": f"trace-{scenario.parcel_id}"}
    return scenario.reports(at, "report_loss", CARRIER, **lost)


def _lost_and_claimed(scenario: Scenario) -> Generator[Step, None, tuple[datetime, Money]]:
    """Lost, refunded to the buyer, and the list value claimed from the line-haul carrier. Returns the instant of the
    loss and the claimed amount.
    """
    _, _, at = yield from under_way(scenario, _DEPARTED)
    lost_at, value = at + 9 * _ONE_DAY, scenario.basket.data["list_total"]
    yield _lost(scenario, lost_at)
    names = {"parcel_id": scenario.parcel_id, "refund_id": scenario.refund_id}
    yield scenario.asks(lost_at + timedelta(hours=5), "refund_lost_parcel", SERVICE_DESK, **names)
    yield from paid_back(scenario, lost_at + timedelta(hours=5), scenario.refund_id, scenario.basket.total)
    claim = {"claim_id": f"CL-{scenario.order_id}", "parcel_id": scenario.parcel_id, "partner": HAULIER}
    claim |= {"amount": value, "reason": "lost", "evidence_ref": f"trace-{scenario.parcel_id}"}
    yield scenario.asks(lost_at + _ONE_DAY, "file_logistics_claim", OPERATIONS, **claim)
    return lost_at, value


def _claim(scenario: Scenario, at: datetime, report: str, **what: Any) -> Step:
    return scenario.reports(at, report, CARRIER, claim_id=f"CL-{scenario.order_id}", partner=HAULIER, **what)
