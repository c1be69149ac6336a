"""How the story of a simulated order is told: its steps in time, and the parts that many stories share."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ledger.money import Money
from ledger.who import Actor
from service.simulator.basket import Basket
from service.simulator.journeys import journey, signed_after
from service.simulator.step import CARRIER, PROVIDER, SYSTEM, Step

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

    @property
    def refund_id(self) -> str:
        return f"R-{self.basket.order_id}"

    @property
    def one_unit(self) -> tuple[str, Money]:
        """The first line and what the buyer paid for a unit of it."""
        line = self.basket.data["lines"][0]
        return line["line_id"], line["unit_reference"]

    def a_unit(self) -> list[dict[str, Any]]:
        """One unit of the first line, as commands name it."""
        return [{"line_id": self.one_unit[0], "qty": 1}]

    def items(self) -> list[dict[str, Any]]:
        """Everything that was bought."""
        return [{"line_id": line_id, "qty": qty} for line_id, qty in self.basket.quantities.items()]

    def asks(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=False)

    def reports(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=True)

    def reports_late(self, told_at: datetime, command: str, actor: Actor, happened_at: datetime, **data: Any) -> Step:
        """A fact that is heard of only later."""
        return replace(self._step(told_at, command, actor, data, is_report=True), happened_at=happened_at)

    def later(self, at: datetime, *, least_h: float, most_h: float) -> datetime:
        return at + timedelta(minutes=round(self.random.uniform(least_h, most_h) * 60))

    def _step(self, at: datetime, command: str, actor: Actor, data: dict[str, Any], *, is_report: bool) -> Step:
        self.told += 1
        step_id = f"sim.{self.basket.order_id}.{self.told}"
        return Step(at, step_id, command, actor, {**self.basket.names, **data}, is_report)


def placed_and_paid(story: Story) -> Generator[Step, None, datetime]:
    at = story.basket.placed_at
    yield story.asks(at, "place_order", story.buyer, **story.basket.data)
    held_at = at + timedelta(minutes=2)
    yield story.reports(
        held_at,
        "report_payment_authorised",
        PROVIDER,
        **payment(story),
        amount=story.basket.total,
        expires_at=held_at + timedelta(days=7),
    )
    paid_at = story.later(at, least_h=0.1, most_h=3)
    yield captured(story, paid_at)
    return paid_at


def captured(story: Story, at: datetime) -> Step:
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


def payment(story: Story) -> dict[str, str]:
    return {"payment_id": f"pay_{story.basket.order_id}", "psp": PSP, "psp_ref": f"pi_{story.basket.order_id}"}


def sent(
    story: Story, paid_at: datetime, number: str, quantities: dict[str, int], *, trouble: str = ""
) -> Generator[Step, None, datetime]:
    """Packed, dispatched, carried and signed for; when it was."""
    parcel_id = f"{story.basket.order_id}-{number}"
    dispatched_at = story.later(paid_at, least_h=6, most_h=60)
    yield from packed_and_dispatched(story, dispatched_at, parcel_id, quantities)
    legs = list(legs_of(story, dispatched_at, parcel_id, trouble=trouble))
    yield from legs
    signed_at = signed_after(story.random, legs[-1].at)
    yield signed(story, signed_at, parcel_id)
    return signed_at


def signed(story: Story, at: datetime, parcel_id: str) -> Step:
    return story.reports(
        at,
        "report_signature",
        CARRIER,
        parcel_id=parcel_id,
        evidence_kind=story.random.choice(("recipient", "recipient", "household", "neighbour")),
        proof_ref=f"pod-{parcel_id}",
        signed_by=story.basket.buyer.name,
    )


def released(story: Story, signed_at: datetime) -> Step:
    """What is left to release, when the default policy's window has passed."""
    return story.asks(signed_at + RELEASE_AFTER, "release_settlement", SYSTEM)


def sent_and_released(
    story: Story, paid_at: datetime, number: str, quantities: dict[str, int], *, trouble: str = ""
) -> Iterator[Step]:
    signed_at = yield from sent(story, paid_at, number, quantities, trouble=trouble)
    yield released(story, signed_at)


def packed_and_dispatched(story: Story, at: datetime, parcel_id: str, quantities: dict[str, int]) -> Iterator[Step]:
    items = [{"line_id": line_id, "qty": qty} for line_id, qty in quantities.items()]
    packed_at = at - timedelta(hours=3)
    yield story.asks(
        packed_at, "create_parcel", story.merchant, parcel_id=parcel_id, items=items, warehouse_id="WH-GZ-1"
    )
    yield story.asks(
        at, "dispatch_parcel", story.merchant, parcel_id=parcel_id, carrier="simpost", tracking_no=f"SP{parcel_id}CN"
    )


def legs_of(story: Story, dispatched_at: datetime, parcel_id: str, *, trouble: str = "") -> Iterator[Step]:
    market = story.basket.buyer.market
    number = story.basket.order_id.rpartition("-")[2]
    for at, milestone, about in journey(
        story.random, market=market, dispatched_at=dispatched_at + timedelta(hours=1), number=number, trouble=trouble
    ):
        yield story.reports(at, "report_tracking", CARRIER, parcel_id=parcel_id, milestone=milestone, **about)


def paid_back(story: Story, approved_at: datetime, refund_id: str, amount: Money) -> Generator[Step, None, datetime]:
    """The provider pays the refund; when it did."""
    submitted_at = approved_at + timedelta(hours=1)
    yield story.asks(submitted_at, "submit_refund", SYSTEM, refund_id=refund_id)
    paid_at = story.later(submitted_at, least_h=20, most_h=90)
    yield refund_outcome(story, paid_at, refund_id, amount, "succeeded")
    return paid_at


def refund_outcome(
    story: Story, at: datetime, refund_id: str, amount: Money, outcome: str, *, n: int = 1, code: str = ""
) -> Step:
    """What the provider says of the refund's n-th submission."""
    return story.reports(
        at,
        "report_refund_outcome",
        PROVIDER,
        refund_id=refund_id,
        submission_id=f"{refund_id}.{n}",
        psp=PSP,
        outcome=outcome,
        code=code,
        psp_refund_ref=f"re_{story.basket.order_id}" if n == 1 else f"re_{story.basket.order_id}_{n}",
        amount=amount,
    )
