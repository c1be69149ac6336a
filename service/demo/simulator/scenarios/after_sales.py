"""What can become of an order after the sale: refunds, returns, claims, and parcels that customs or fate keeps."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta
from typing import Any

from ledger.money import Money
from service.demo.simulator.scenarios.disputes import lost
from service.demo.simulator.scenarios.order_steps import (
    Story,
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


def refunded_before_dispatch(story: Story) -> Iterator[Step]:
    """The buyer has second thoughts; Express Refund is on."""
    asked_at = yield from asked_before_dispatch(story)
    yield from paid_back(story, asked_at, story.refund_id, story.basket.total)


def waiting_for_two_rounds(story: Story) -> Iterator[Step]:
    """Express Refund is off, and by the month's end nobody has decided."""
    yield from asked_before_dispatch(story)


def approved_in_two_rounds(story: Story) -> Iterator[Step]:
    """The merchant says yes, then customer service."""
    at = yield from first_round(story)
    yield story.asks(at + _ONE_DAY, "approve_refund", SERVICE_DESK, refund_id=story.refund_id, round=2)
    yield from paid_back(story, at + _ONE_DAY, story.refund_id, story.basket.total)


def rejected_in_the_second_round(story: Story) -> Iterator[Step]:
    """The merchant says yes, customer service no; the goods are sent."""
    at = yield from first_round(story)
    no = {"refund_id": story.refund_id, "round": 2, "reason": "packed_already"}
    yield story.asks(at + _ONE_DAY, "reject_refund", SERVICE_DESK, **no)
    yield from sent_and_released(story, at + _ONE_DAY, "1", story.basket.quantities)


def withdrawn(story: Story) -> Iterator[Step]:
    """The buyer wants the goods after all."""
    asked_at = yield from asked_before_dispatch(story)
    at = asked_at + timedelta(hours=3)
    yield story.asks(at, "withdraw_refund", story.buyer, refund_id=story.refund_id)
    yield from sent_and_released(story, at, "1", story.basket.quantities)


def scanned_after_the_refund(story: Story) -> Iterator[Step]:
    """The parcel was handed over before the refund, and the carrier says so a day later."""
    paid_at = yield from placed_and_paid(story)
    parcel_id = story.parcel_id
    yield packed(story, paid_at + timedelta(hours=2), parcel_id, story.basket.quantities)
    asked_at = yield from asks_back(story, paid_at + timedelta(hours=5))
    scan = {"parcel_id": parcel_id, **numbered(parcel_id)}
    yield story.reports_late(asked_at + _ONE_DAY, "report_dispatch", CARRIER, asked_at - timedelta(hours=1), **scan)
    yield from paid_back(story, asked_at, story.refund_id, story.basket.total)


def returned_with_the_goods(story: Story) -> Iterator[Step]:
    """One unit is broken: customer service wants it back before the money goes."""
    signed_at, approved_at = yield from _returned(story, return_required=True)
    yield from _sent_back(story, approved_at)
    yield from paid_back(story, approved_at + 8 * _ONE_DAY, story.refund_id, story.basket.back_with(story.one_unit[1]))
    if sum(story.basket.quantities.values()) > 1:
        yield released(story, signed_at + 5 * _ONE_DAY)


def returned_without_the_goods(story: Story) -> Iterator[Step]:
    """One unit has a scratch: half of its price goes back, and the buyer keeps it."""
    line_id, price = story.one_unit
    half = Money((price.minor + 1) // 2, price.currency)
    lines = [{"line_id": line_id, "amount": half}]
    signed_at, approved_at = yield from _returned(story, lines=lines)
    yield from paid_back(story, approved_at, story.refund_id, story.basket.back_with(half))
    yield released(story, signed_at)


def never_sent_back(story: Story) -> Iterator[Step]:
    """The goods are to come back and do not: the refund is off."""
    signed_at, approved_at = yield from _returned(story, return_required=True)
    expired_at = approved_at + 15 * _ONE_DAY
    yield story.asks(expired_at, "expire_return", SYSTEM, refund_id=story.refund_id)
    yield released(story, signed_at + 14 * _ONE_DAY)


def never_sent_back_and_disputed(story: Story) -> Iterator[Step]:
    """While the goods are awaited an issuer gives the buyer half the money; the goods never come, and the other half is
    owed no more."""
    _, approved_at = yield from _returned(story, return_required=True)
    _, price = story.one_unit
    yield from lost(story, approved_at + 2 * _ONE_DAY, Money(max(1, price.minor // 2), price.currency))
    expired_at = approved_at + 15 * _ONE_DAY
    yield story.asks(expired_at, "expire_return", SYSTEM, refund_id=story.refund_id)
    yield released(story, expired_at)


def returned_after_the_release(story: Story) -> Iterator[Step]:
    """The merchant has the money by then, and gives it back without the fee."""
    paid_at = yield from placed_and_paid(story)
    signed_at = yield from all_sent(story, paid_at)
    yield released(story, signed_at)
    asked_at = yield from asks_back(story, signed_at + RELEASE_AFTER + _ONE_DAY, reason="broken", lines=story.a_unit())
    yield story.asks(asked_at + _ONE_DAY, "approve_refund", SERVICE_DESK, refund_id=story.refund_id, round=1)
    yield from paid_back(story, asked_at + _ONE_DAY, story.refund_id, story.basket.back_with(story.one_unit[1]))


def return_rejected(story: Story) -> Iterator[Step]:
    """Nothing is wrong with the goods, customer service finds."""
    paid_at = yield from placed_and_paid(story)
    signed_at = yield from all_sent(story, paid_at)
    asked_at = yield from asks_back(story, signed_at + _ONE_DAY, reason="broken")
    no = {"refund_id": story.refund_id, "round": 1, "reason": "no_evidence"}
    yield story.asks(asked_at + _ONE_DAY, "reject_refund", SERVICE_DESK, **no)
    yield released(story, signed_at)


def never_received(story: Story) -> Iterator[Step]:
    """Nobody signs, and after twenty days the buyer says so."""
    _, dispatched_at, _ = yield from under_way(story, 8)
    asked_at = yield from asks_back(story, dispatched_at + LOCK + timedelta(hours=3), reason="not_received")
    yield story.asks(asked_at + _ONE_DAY, "approve_refund", SERVICE_DESK, refund_id=story.refund_id, round=1)
    yield from paid_back(story, asked_at + _ONE_DAY, story.refund_id, story.basket.total)


def lost_on_the_way(story: Story) -> Iterator[Step]:
    """The line-haul loses the parcel; the platform refunds the buyer and the merchant keeps the sale."""
    yield from _lost(story)


def lost_and_found(story: Story) -> Iterator[Step]:
    """The buyer was refunded, and then gets the parcel after all."""
    parcel_id, paid_at = yield from _lost(story)
    yield tracked(story, paid_at + _ONE_DAY, "found")
    yield signed(story, paid_at + 2 * _ONE_DAY, parcel_id)


def without_partner_documents(story: Story) -> Iterator[Step]:
    """Export customs says no for want of the platform's papers; the platform bears it."""
    yield from _refused(story, legs=2, milestone="export_rejected", reason="missing_partner_documents")


def with_prohibited_goods(story: Story) -> Iterator[Step]:
    """Import customs says no for what is in the parcel; the merchant bears it."""
    yield from _refused(story, legs=6, milestone="import_refused", reason="prohibited")


def damaged_on_the_way(story: Story) -> Iterator[Step]:
    """The parcel is crushed in the line-haul."""
    parcel_id, _, at = yield from under_way(story, 4)
    yield tracked(story, at + _ONE_DAY, "damaged", reason="crushed", evidence_ref="photo-1")
    refunded_at = at + 2 * _ONE_DAY
    names = {"parcel_id": parcel_id, "refund_id": story.refund_id}
    yield story.asks(refunded_at, "refund_damaged_parcel", SERVICE_DESK, **names)
    yield from paid_back(story, refunded_at, story.refund_id, story.basket.total)


def refund_failed_then_resubmitted(story: Story) -> Iterator[Step]:
    """The buyer's card is closed; the second try reaches the new one."""
    at = yield from asked_before_dispatch(story)
    refund_id, total = story.refund_id, story.basket.total
    yield story.asks(at + timedelta(hours=1), "submit_refund", SYSTEM, refund_id=refund_id)
    failed = refund_outcome(story, at + _ONE_DAY, refund_id, total, "failed", code="card_closed")
    yield failed
    yield story.asks(at + 2 * _ONE_DAY, "submit_refund", SYSTEM, refund_id=refund_id)
    yield refund_outcome(story, at + 4 * _ONE_DAY, refund_id, total, "succeeded", n=2)


def refund_reversed_then_paid_from_the_bank(story: Story) -> Iterator[Step]:
    """The money comes back after it was paid, and goes out by bank transfer."""
    at = yield from asked_before_dispatch(story)
    refund_id, total = story.refund_id, story.basket.total
    paid_at = yield from paid_back(story, at, refund_id, total)
    yield refund_outcome(story, paid_at + 3 * _ONE_DAY, refund_id, total, "reversed", code="account_closed")
    transfer = {"method": "bank_transfer", "reference": f"TR-{story.order_id}", "refund_id": refund_id}
    yield from story.asks_two(paid_at + 5 * _ONE_DAY, "pay_refund_by_alternative", reason="account_closed", **transfer)


def first_round(story: Story) -> Generator[Step, None, datetime]:
    asked_at = yield from asked_before_dispatch(story)
    at = story.later(asked_at, least_h=2, most_h=20)
    note = "The buyer wrote to us as well"
    yield story.asks(at, "approve_refund", story.merchant, refund_id=story.refund_id, round=1, note=note)
    return at


def _returned(story: Story, **verdict: Any) -> Generator[Step, None, tuple[datetime, datetime]]:
    """A unit is asked back a day after the signature and approved a day later; when both were."""
    paid_at = yield from placed_and_paid(story)
    signed_at = yield from all_sent(story, paid_at)
    asked_at = yield from asks_back(story, signed_at + _ONE_DAY, reason="broken", lines=story.a_unit())
    approved_at = asked_at + _ONE_DAY
    if verdict.get("return_required"):
        verdict["return_by"] = approved_at + 14 * _ONE_DAY
    yes = {"refund_id": story.refund_id, "round": 1, **verdict}
    yield story.asks(approved_at, "approve_refund", SERVICE_DESK, **yes)
    return signed_at, approved_at


def _sent_back(story: Story, approved_at: datetime) -> Iterator[Step]:
    names = {"refund_id": story.refund_id}
    shipped = {**names, "carrier": "simpost", "tracking_no": f"RT{story.order_id}"}
    yield story.reports(approved_at + 2 * _ONE_DAY, "report_return_shipped", CARRIER, **shipped)
    received_at = approved_at + 6 * _ONE_DAY
    yield story.reports(received_at, "report_return_received", CARRIER, condition="as described", **names)
    looked_at = {**names, "condition": "broken", "disposition": "destroyed"}
    yield story.asks(received_at + _ONE_DAY, "record_return_inspection", SERVICE_DESK, **looked_at)


def _lost(story: Story) -> Generator[Step, None, tuple[str, datetime]]:
    parcel_id, _, last_seen = yield from under_way(story, 4)
    lost_at = last_seen + 9 * _ONE_DAY
    yield story.reports(lost_at, "report_loss", CARRIER, parcel_id=parcel_id, reason="line_haul", evidence_ref="claim")
    refunded_at = lost_at + timedelta(hours=5)
    names = {"parcel_id": parcel_id, "refund_id": story.refund_id}
    yield story.asks(refunded_at, "refund_lost_parcel", SERVICE_DESK, **names)
    paid_at = yield from paid_back(story, refunded_at, story.refund_id, story.basket.total)
    return parcel_id, paid_at


def _refused(story: Story, *, legs: int, milestone: str, reason: str) -> Iterator[Step]:
    parcel_id, _, at = yield from under_way(story, legs)
    yield tracked(story, at + timedelta(hours=9), milestone, raw_code="100", reason=reason)
    refunded_at = at + 2 * _ONE_DAY
    names = {"parcel_id": parcel_id, "refund_id": story.refund_id, "reason": reason}
    yield story.asks(refunded_at, "refund_refused_parcel", SERVICE_DESK, **names)
    yield from paid_back(story, refunded_at, story.refund_id, story.basket.total)
