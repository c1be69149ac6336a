"""What can become of an order: one function a plot, each telling its steps in time."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ledger.money import Money
from ledger.who import Actor
from service.simulator.basket import Basket
from service.simulator.journeys import journey, signed_after
from service.simulator.step import CARRIER, PROVIDER, SERVICE_DESK, SYSTEM, Step

RELEASE_AFTER = timedelta(days=7, minutes=1)  # the default release policy's window has passed
PSP = "simpay"


@dataclass(slots=True)
class Story:
    """Writes the steps of one order: ids follow from the order, so that the same month is told again the same way."""

    random: Random
    basket: Basket
    told: int = field(default=0)

    @property
    def merchant(self) -> Actor:
        return Actor(kind="merchant", id=self.basket.merchant.merchant_id, role="merchant")

    @property
    def buyer(self) -> Actor:
        return Actor(kind="buyer", id=self.basket.buyer.ref, role="buyer")

    def asks(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=False)

    def reports(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=True)

    def later(self, at: datetime, *, least_h: float, most_h: float) -> datetime:
        return at + timedelta(minutes=round(self.random.uniform(least_h, most_h) * 60))

    def _step(self, at: datetime, command: str, actor: Actor, data: dict[str, Any], *, is_report: bool) -> Step:
        self.told += 1
        step_id = f"sim.{self.basket.order_id}.{self.told}"
        return Step(at, step_id, command, actor, {**self.basket.names, **data}, is_report)


def delivered(story: Story, *, trouble: str = "") -> Iterator[Step]:
    """Paid, sent in one parcel, signed for, released."""
    paid_at = yield from _placed_and_paid(story)
    yield from _sent(story, paid_at, "1", story.basket.quantities, trouble=trouble)


def held_by_customs(story: Story) -> Iterator[Step]:
    """As `delivered`, with inspections on both sides."""
    return delivered(story, trouble="customs")


def collected_after_an_attempt(story: Story) -> Iterator[Step]:
    """As `delivered`, after nobody was home."""
    return delivered(story, trouble="attempts")


def in_two_parcels(story: Story) -> Iterator[Step]:
    """Each line, or half of the only one, travels in its own parcel."""
    paid_at = yield from _placed_and_paid(story)
    quantities = story.basket.quantities
    first = dict(list(quantities.items())[:1])
    ((line_id, qty),) = first.items()
    if len(quantities) == 1 and qty > 1:
        first = {line_id: 1}
    second = {line: left for line, all_ in quantities.items() if (left := all_ - first.get(line, 0))}
    yield from _sent(story, paid_at, "1", first)
    if second:
        yield from _sent(story, paid_at + timedelta(hours=20), "2", second)


def captured_before_the_order(story: Story) -> Iterator[Step]:
    """The provider's message overtakes the order's."""
    at = story.basket.placed_at
    yield _captured(story, at - timedelta(minutes=70))
    yield story.asks(at, "place_order", story.buyer, **story.basket.data)
    yield from _sent(story, at, "1", story.basket.quantities)


def told_twice_by_the_provider(story: Story) -> Iterator[Step]:
    """The provider delivers the same capture again under another message."""
    paid_at = yield from _placed_and_paid(story)
    yield _captured(story, paid_at)
    yield from _sent(story, paid_at, "1", story.basket.quantities)


def refunded_before_dispatch(story: Story) -> Iterator[Step]:
    """The buyer has second thoughts: automatic with Express Refund, else waiting for two rounds."""
    paid_at = yield from _placed_and_paid(story)
    asked_at = story.later(paid_at, least_h=1, most_h=10)
    refund_id = f"R-{story.basket.order_id}"
    yield story.asks(
        asked_at,
        "request_refund",
        story.buyer,
        refund_id=refund_id,
        reason="changed_mind",
        details=f"Please cancel, {story.basket.buyer.name}",
    )
    if story.basket.merchant.express:
        yield from _paid_back(story, asked_at, refund_id, story.basket.total)


def cancelled_after_payment(story: Story) -> Iterator[Step]:
    """The merchant is out of stock."""
    paid_at = yield from _placed_and_paid(story)
    at = story.later(paid_at, least_h=4, most_h=30)
    refund_id = f"R-{story.basket.order_id}"
    yield story.asks(at, "cancel_order", story.merchant, reason="out_of_stock", refund_id=refund_id)
    yield from _paid_back(story, at, refund_id, story.basket.total)


def cancelled_unpaid(story: Story) -> Iterator[Step]:
    """The buyer leaves before paying."""
    at = story.basket.placed_at
    yield story.asks(at, "place_order", story.buyer, **story.basket.data)
    yield story.asks(story.later(at, least_h=1, most_h=5), "cancel_order", story.buyer, reason="changed_mind")


def declined(story: Story) -> Iterator[Step]:
    """The issuer says no, and the buyer gives up."""
    at = story.basket.placed_at
    yield story.asks(at, "place_order", story.buyer, **story.basket.data)
    yield story.reports(
        at + timedelta(minutes=2),
        "report_payment_failed",
        PROVIDER,
        **_payment(story),
        amount=story.basket.total,
        code="insufficient_funds",
    )


def lost_on_the_way(story: Story) -> Iterator[Step]:
    """The line-haul loses the parcel; the platform refunds the buyer and the merchant keeps the sale."""
    paid_at = yield from _placed_and_paid(story)
    parcel_id, dispatched_at = f"{story.basket.order_id}-1", story.later(paid_at, least_h=6, most_h=40)
    yield from _packed_and_dispatched(story, dispatched_at, parcel_id, story.basket.quantities)
    legs = list(_legs(story, dispatched_at, parcel_id))[:4]
    yield from legs
    lost_at = legs[-1].at + timedelta(days=9)
    yield story.reports(lost_at, "report_loss", CARRIER, parcel_id=parcel_id, reason="line_haul", evidence_ref="claim")
    refund_id = f"R-{story.basket.order_id}"
    refunded_at = lost_at + timedelta(hours=5)
    yield story.asks(refunded_at, "refund_lost_parcel", SERVICE_DESK, parcel_id=parcel_id, refund_id=refund_id)
    yield from _paid_back(story, refunded_at, refund_id, story.basket.total)


def _placed_and_paid(story: Story) -> Generator[Step, None, datetime]:
    at = story.basket.placed_at
    yield story.asks(at, "place_order", story.buyer, **story.basket.data)
    held_at = at + timedelta(minutes=2)
    yield story.reports(
        held_at,
        "report_payment_authorised",
        PROVIDER,
        **_payment(story),
        amount=story.basket.total,
        expires_at=held_at + timedelta(days=7),
    )
    paid_at = story.later(at, least_h=0.1, most_h=3)
    yield _captured(story, paid_at)
    return paid_at


def _captured(story: Story, at: datetime) -> Step:
    capture_ref = f"ch_{story.basket.order_id}"
    return story.reports(
        at,
        "report_payment_captured",
        PROVIDER,
        payment_id=f"pay_{story.basket.order_id}",
        psp=PSP,
        capture_ref=capture_ref,
        amount=story.basket.total,
    )


def _payment(story: Story) -> dict[str, str]:
    return {"payment_id": f"pay_{story.basket.order_id}", "psp": PSP, "psp_ref": f"pi_{story.basket.order_id}"}


def _sent(
    story: Story, paid_at: datetime, number: str, quantities: dict[str, int], *, trouble: str = ""
) -> Iterator[Step]:
    parcel_id = f"{story.basket.order_id}-{number}"
    dispatched_at = story.later(paid_at, least_h=6, most_h=60)
    yield from _packed_and_dispatched(story, dispatched_at, parcel_id, quantities)
    legs = list(_legs(story, dispatched_at, parcel_id, trouble=trouble))
    yield from legs
    signed_at = signed_after(story.random, legs[-1].at)
    yield story.reports(
        signed_at,
        "report_signature",
        CARRIER,
        parcel_id=parcel_id,
        evidence_kind=story.random.choice(("recipient", "recipient", "household", "neighbour")),
        proof_ref=f"pod-{parcel_id}",
        signed_by=story.basket.buyer.name,
    )
    yield story.asks(signed_at + RELEASE_AFTER, "release_settlement", SYSTEM)


def _packed_and_dispatched(story: Story, at: datetime, parcel_id: str, quantities: dict[str, int]) -> Iterator[Step]:
    items = [{"line_id": line_id, "qty": qty} for line_id, qty in quantities.items()]
    packed_at = at - timedelta(hours=3)
    yield story.asks(
        packed_at, "create_parcel", story.merchant, parcel_id=parcel_id, items=items, warehouse_id="WH-GZ-1"
    )
    yield story.asks(
        at, "dispatch_parcel", story.merchant, parcel_id=parcel_id, carrier="simpost", tracking_no=f"SP{parcel_id}CN"
    )


def _legs(story: Story, dispatched_at: datetime, parcel_id: str, *, trouble: str = "") -> Iterator[Step]:
    market = story.basket.buyer.market
    number = story.basket.order_id.rpartition("-")[2]
    for at, milestone, about in journey(
        story.random, market=market, dispatched_at=dispatched_at + timedelta(hours=1), number=number, trouble=trouble
    ):
        yield story.reports(at, "report_tracking", CARRIER, parcel_id=parcel_id, milestone=milestone, **about)


def _paid_back(story: Story, approved_at: datetime, refund_id: str, amount: Money) -> Iterator[Step]:
    submitted_at = approved_at + timedelta(hours=1)
    yield story.asks(submitted_at, "submit_refund", SYSTEM, refund_id=refund_id)
    yield story.reports(
        story.later(submitted_at, least_h=20, most_h=90),
        "report_refund_outcome",
        PROVIDER,
        refund_id=refund_id,
        submission_id=f"{refund_id}.1",
        psp=PSP,
        outcome="succeeded",
        psp_refund_ref=f"re_{story.basket.order_id}",
        amount=amount,
    )


# Weights add up to 100.
PLOTS: tuple[tuple[int, Callable[[Story], Iterator[Step]]], ...] = (
    (52, delivered),
    (8, held_by_customs),
    (7, collected_after_an_attempt),
    (8, in_two_parcels),
    (3, captured_before_the_order),
    (2, told_twice_by_the_provider),
    (7, refunded_before_dispatch),
    (4, cancelled_after_payment),
    (3, cancelled_unpaid),
    (3, declined),
    (3, lost_on_the_way),
)
