"""The last mile and what goes wrong on the way: nobody home, lost, found, broken, unknown words, clocks that differ."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money, share
from service.demo.simulator.scenarios.order_steps import Story, paid_back, placed_and_paid
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
_DEPARTED, _OUT = 4, 8  # milestones up to the departure, and up to the last mile
_UNTIL_RATES_ARE_OLD = timedelta(days=21)


def returned_to_sender(story: Story) -> Iterator[Step]:
    """Nobody is ever home, nobody collects it: it goes back the whole way, where the sender's reception
    signs for it, and the platform refunds the goods."""
    _, _, at = yield from under_way(story, _OUT)
    yield tracked(story, at + timedelta(hours=4), "delivery_attempted", raw_code="EMH", attempt_no=1)
    yield tracked(story, at + timedelta(hours=28), "delivery_attempted", raw_code="EMH", attempt_no=2)
    yield tracked(story, at + timedelta(hours=29), "available_for_pickup", raw_code="EDH")
    yield tracked(story, at + 8 * _ONE_DAY, "returning_to_sender", raw_code="EMH", reason="not_collected")
    back_at = at + 17 * _ONE_DAY
    proof = {"parcel_id": story.parcel_id, "evidence_kind": "reception", "proof_ref": f"back-{story.parcel_id}"}
    yield story.reports(back_at - timedelta(hours=2), "report_signature", CARRIER, **proof)
    yield tracked(story, back_at, "returned_to_warehouse", location="Guangzhou")
    names = {"parcel_id": story.parcel_id, "refund_id": story.refund_id}
    yield story.asks(back_at + _ONE_DAY, "refund_returned_parcel", SERVICE_DESK, **names)
    yield from paid_back(story, back_at + _ONE_DAY, story.refund_id, story.basket.total)


def with_words_nobody_knows(story: Story) -> Iterator[Step]:
    """A carrier's code without a milestone is kept as it came."""
    parcel_id, dispatched_at, at = yield from under_way(story, _DEPARTED)
    text = f"Shipment info amended for {story.basket.buyer.name}"
    yield tracked(story, at + timedelta(hours=1), "noted", raw_code="Exception_099", text=text)
    signed_at = yield from carried(story, dispatched_at, parcel_id, story.basket.quantities, after=_DEPARTED)
    yield released(story, signed_at)


def signed_by_a_clock_ahead(story: Story) -> Iterator[Step]:
    """The handheld's clock is a day ahead; what it says is recorded and flagged."""
    _, _, at = yield from under_way(story, _OUT)
    told_at = at + timedelta(hours=3)
    proof = {"parcel_id": story.parcel_id, "evidence_kind": "recipient", "proof_ref": f"pod-{story.parcel_id}"}
    yield story.reports_late(told_at, "report_signature", CARRIER, told_at + _ONE_DAY, **proof)
    yield released(story, told_at + _ONE_DAY)


def signed_although_lost(story: Story) -> Iterator[Step]:
    """Declared lost by the line-haul, and then somebody signs for it: both are kept, a person decides."""
    parcel_id, _, at = yield from under_way(story, _DEPARTED)
    yield _lost(story, at + 9 * _ONE_DAY)
    yield signed(story, at + 11 * _ONE_DAY, parcel_id)


def found_before_the_refund(story: Story) -> Iterator[Step]:
    """Lost, found in another depot, delivered; no money had moved."""
    parcel_id, _, at = yield from under_way(story, _DEPARTED)
    yield _lost(story, at + 9 * _ONE_DAY)
    found_at = at + 10 * _ONE_DAY
    yield tracked(story, found_at, "found")
    signed_at = yield from carried(story, found_at, parcel_id, story.basket.quantities, after=_DEPARTED)
    yield released(story, signed_at)


def lost_and_compensated(story: Story) -> Iterator[Step]:
    """The haulier accepts most of the claim, and pays in two parts."""
    lost_at, claimed = yield from _lost_and_claimed(story)
    accepted = share(claimed, upto=80, of=100, already=claimed * 0)
    yield _claim(story, lost_at + 6 * _ONE_DAY, "report_claim_accepted", amount=accepted)
    half = Money(accepted.minor // 2, accepted.currency)
    for n, part in enumerate((half, accepted - half), 1):
        paid = {"amount": part, "cash": part, "bank_entry_ref": f"bk-{story.order_id}-{n}"}
        yield _claim(story, lost_at + (9 + n) * _ONE_DAY, "report_claim_settled", **paid)


def lost_and_denied(story: Story) -> Iterator[Step]:
    """The haulier will not pay."""
    lost_at, _ = yield from _lost_and_claimed(story)
    yield _claim(story, lost_at + 6 * _ONE_DAY, "report_claim_denied", code="insufficient_proof")


def broken_and_destroyed(story: Story) -> Iterator[Step]:
    """A container takes in water: what is left is destroyed, the buyer refunded."""
    _, _, at = yield from under_way(story, _DEPARTED)
    yield tracked(story, at + _ONE_DAY, "damaged", reason="water", evidence_ref="photo-2")
    yield tracked(story, at + 3 * _ONE_DAY, "destroyed", reason="water", evidence_ref="cert-2")
    refunded_at = at + 4 * _ONE_DAY
    names = {"parcel_id": story.parcel_id, "refund_id": story.refund_id}
    yield story.asks(refunded_at, "refund_damaged_parcel", SERVICE_DESK, **names)
    yield from paid_back(story, refunded_at, story.refund_id, story.basket.total)


def deemed_signed(story: Story) -> Iterator[Step]:
    """The carrier proves nothing; the order's own terms let time stand for a signature."""
    _, dispatched_at, _ = yield from under_way(story, _OUT)
    deemed_at = dispatched_at + 26 * _ONE_DAY
    yield story.asks(deemed_at, "deem_signed", SYSTEM, parcel_id=story.parcel_id)
    yield released(story, deemed_at)


def told_of_an_order_that_stands(story: Story) -> Iterator[Step]:
    """Another system believes the order cancelled; it is delivered."""
    paid_at = yield from placed_and_paid(story)
    signed_at = yield from all_sent(story, paid_at)
    told = {"status": "cancelled", "told": "canceled"}
    yield story.reports(signed_at + _ONE_DAY, "report_status", OPERATIONS, **told)
    yield released(story, signed_at)


def assessed_weeks_ahead(story: Story) -> Iterator[Step]:
    """The broker dates a second duty of the parcel three weeks ahead, for which day no rate can be known: it is booked
    at the last one all the same."""
    paid_at = yield from placed_and_paid(story)
    signed_at = yield from all_sent(story, paid_at)
    yield released(story, signed_at)
    at, name = signed_at + 2 * _ONE_DAY, f"ahead-{story.parcel_id}"
    assessed = duty(story, at, story.parcel_id, story.basket.quantities, assessment_ref=name)
    yield replace(assessed, happened_at=at + _UNTIL_RATES_ARE_OLD)


def _lost(story: Story, at: datetime) -> Step:
    lost = {"parcel_id": story.parcel_id, "reason": "line_haul", "evidence_ref": f"trace-{story.parcel_id}"}
    return story.reports(at, "report_loss", CARRIER, **lost)


def _lost_and_claimed(story: Story) -> Generator[Step, None, tuple[datetime, Money]]:
    """Lost, the buyer refunded, the list value claimed from the haulier; when it was lost and what was claimed."""
    _, _, at = yield from under_way(story, _DEPARTED)
    lost_at, value = at + 9 * _ONE_DAY, story.basket.data["list_total"]
    yield _lost(story, lost_at)
    names = {"parcel_id": story.parcel_id, "refund_id": story.refund_id}
    yield story.asks(lost_at + timedelta(hours=5), "refund_lost_parcel", SERVICE_DESK, **names)
    yield from paid_back(story, lost_at + timedelta(hours=5), story.refund_id, story.basket.total)
    claim = {"claim_id": f"CL-{story.order_id}", "parcel_id": story.parcel_id, "partner": HAULIER}
    claim |= {"amount": value, "reason": "lost", "evidence_ref": f"trace-{story.parcel_id}"}
    yield story.asks(lost_at + _ONE_DAY, "file_logistics_claim", OPERATIONS, **claim)
    return lost_at, value


def _claim(story: Story, at: datetime, report: str, **what: Any) -> Step:
    return story.reports(at, report, CARRIER, claim_id=f"CL-{story.order_id}", partner=HAULIER, **what)
