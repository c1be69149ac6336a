"""How the story of a simulated order is told: its steps in time, and how it is paid and paid back."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from ledger.actors import Actor
from ledger.money import Money
from service.demo.simulator.basket import Basket
from service.demo.simulator.step import PROVIDER, SYSTEM, Step, by_two

PSP = "simpay"


@dataclass(slots=True)
class Story:
    """Writes the steps of one order: ids follow from the order, so that the same month is told again the same way."""

    random: Random
    basket: Basket
    told: int = field(default=0)

    @property
    def merchant(self) -> Actor:
        return self.basket.merchant.owner

    @property
    def buyer(self) -> Actor:
        return Actor(kind="buyer", id=self.basket.buyer.ref, role="buyer")

    @property
    def order_id(self) -> str:
        return self.basket.order_id

    @property
    def payment_id(self) -> str:
        return f"pay_{self.order_id}"

    @property
    def capture_ref(self) -> str:
        return f"ch_{self.order_id}"

    @property
    def parcel_id(self) -> str:
        """Its first parcel, or its only one."""
        return f"{self.order_id}-1"

    @property
    def refund_id(self) -> str:
        return f"R-{self.order_id}"

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

    def asks_two(self, at: datetime, command: str, *, reason: str, **data: Any) -> Iterator[Step]:
        """What takes two people: proposed by one, and approved by the other."""
        self.told += 1
        step_id = f"sim.{self.order_id}.{self.told:02d}"
        return by_two(at, step_id, command, {**self.basket.names, **data}, reason=reason)

    def reports(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=True)

    def reports_late(self, told_at: datetime, command: str, actor: Actor, happened_at: datetime, **data: Any) -> Step:
        """A fact that is heard of only later."""
        return replace(self._step(told_at, command, actor, data, is_report=True), happened_at=happened_at)

    def later(self, at: datetime, *, least_h: float, most_h: float) -> datetime:
        return at + timedelta(minutes=round(self.random.uniform(least_h, most_h) * 60))

    def _step(self, at: datetime, command: str, actor: Actor, data: dict[str, Any], *, is_report: bool) -> Step:
        self.told += 1
        step_id = f"sim.{self.order_id}.{self.told:02d}"
        return Step(at, step_id, command, actor, {**self.basket.names, **data}, is_report)


def placed(story: Story, at: datetime | None = None, **otherwise: Any) -> Step:
    """The buyer orders; `otherwise` is what of it is asked in another way."""
    return story.asks(at or story.basket.placed_at, "place_order", story.buyer, **story.basket.data | otherwise)


def authorised(story: Story, at: datetime, *, days: int = 7) -> Step:
    """The issuer holds the whole amount for so many days."""
    held = {"amount": story.basket.total, "expires_at": at + timedelta(days=days)}
    return story.reports(at, "report_payment_authorised", PROVIDER, **payment(story), **held)


def placed_and_paid(story: Story) -> Generator[Step, None, datetime]:
    at = story.basket.placed_at
    yield placed(story)
    yield authorised(story, at + timedelta(minutes=2))
    paid_at = story.later(at, least_h=0.1, most_h=3)
    yield captured(story, paid_at)
    return paid_at


def captured(story: Story, at: datetime, *, n: int = 1, amount: Money | None = None, payment_id: str = "") -> Step:
    """The order's n-th capture: the whole amount, if no other is named."""
    return story.reports(
        at,
        "report_payment_captured",
        PROVIDER,
        payment_id=payment_id or story.payment_id,
        psp=PSP,
        capture_ref=story.capture_ref if n == 1 else f"{story.capture_ref}_{n}",
        amount=amount or story.basket.total,
    )


def payment(story: Story) -> dict[str, str]:
    return {"payment_id": story.payment_id, "psp": PSP, "psp_ref": f"pi_{story.order_id}"}


def asked_before_dispatch(story: Story) -> Generator[Step, None, datetime]:
    paid_at = yield from placed_and_paid(story)
    details = f"Please cancel, {story.basket.buyer.name}"
    return (yield from asks_back(story, story.later(paid_at, least_h=1, most_h=10), details=details))


def asks_back(
    story: Story, at: datetime, *, reason: str = "changed_mind", **told: Any
) -> Generator[Step, None, datetime]:
    yield story.asks(at, "request_refund", story.buyer, refund_id=story.refund_id, reason=reason, **told)
    return at


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
        psp_refund_ref=f"re_{story.order_id}" if n == 1 else f"re_{story.order_id}_{n}",
        amount=amount,
    )
