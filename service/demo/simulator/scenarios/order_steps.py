"""Writes a simulated order: its steps in order of time, its payment and its refunds."""

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
class Scenario:
    """Writes the steps of one order. Ids follow from the order, so that the same month is always the same."""

    random: Random
    basket: Basket
    reported: int = field(default=0)

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
        """Returns the id of the first or only parcel."""
        return f"{self.order_id}-1"

    @property
    def refund_id(self) -> str:
        return f"R-{self.order_id}"

    @property
    def one_unit(self) -> tuple[str, Money]:
        """Returns the first line and the buyer's price of one unit of it."""
        line = self.basket.data["lines"][0]
        return line["line_id"], line["unit_reference"]

    def a_unit(self) -> list[dict[str, Any]]:
        """Returns one unit of the first line, as commands name it."""
        return [{"line_id": self.one_unit[0], "qty": 1}]

    def items(self) -> list[dict[str, Any]]:
        """Returns all units of the order, as commands name them."""
        return [{"line_id": line_id, "qty": qty} for line_id, qty in self.basket.quantities.items()]

    def asks(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=False)

    def asks_two(self, at: datetime, command: str, *, reason: str, **data: Any) -> Iterator[Step]:
        """Yields a command that needs two people: proposed by one, approved by another."""
        self.reported += 1
        step_id = f"sim.{self.order_id}.{self.reported:02d}"
        return by_two(at, step_id, command, {**self.basket.names, **data}, reason=reason)

    def reports(self, at: datetime, command: str, actor: Actor, **data: Any) -> Step:
        return self._step(at, command, actor, data, is_report=True)

    def reports_late(
        self, reported_at: datetime, command: str, actor: Actor, happened_at: datetime, **data: Any
    ) -> Step:
        """Returns a report that comes later than its fact."""
        return replace(self._step(reported_at, command, actor, data, is_report=True), happened_at=happened_at)

    def later(self, at: datetime, *, least_h: float, most_h: float) -> datetime:
        return at + timedelta(minutes=round(self.random.uniform(least_h, most_h) * 60))

    def _step(self, at: datetime, command: str, actor: Actor, data: dict[str, Any], *, is_report: bool) -> Step:
        self.reported += 1
        step_id = f"sim.{self.order_id}.{self.reported:02d}"
        return Step(at, step_id, command, actor, {**self.basket.names, **data}, is_report)


def placed(scenario: Scenario, at: datetime | None = None, **otherwise: Any) -> Step:
    """Returns the order's placement; `otherwise` replaces fields of its data."""
    return scenario.asks(
        at or scenario.basket.placed_at, "place_order", scenario.buyer, **scenario.basket.data | otherwise
    )


def authorised(scenario: Scenario, at: datetime, *, days: int = 7) -> Step:
    """Returns the authorisation of the whole amount, for this many days."""
    held = {"amount": scenario.basket.total, "expires_at": at + timedelta(days=days)}
    return scenario.reports(at, "report_payment_authorised", PROVIDER, **payment(scenario), **held)


def placed_and_paid(scenario: Scenario) -> Generator[Step, None, datetime]:
    at = scenario.basket.placed_at
    yield placed(scenario)
    yield authorised(scenario, at + timedelta(minutes=2))
    paid_at = scenario.later(at, least_h=0.1, most_h=3)
    yield captured(scenario, paid_at)
    return paid_at


def captured(
    scenario: Scenario, at: datetime, *, n: int = 1, amount: Money | None = None, payment_id: str = ""
) -> Step:
    """Returns the order's n-th capture, of the whole amount by default."""
    return scenario.reports(
        at,
        "report_payment_captured",
        PROVIDER,
        payment_id=payment_id or scenario.payment_id,
        psp=PSP,
        capture_ref=scenario.capture_ref if n == 1 else f"{scenario.capture_ref}_{n}",
        amount=amount or scenario.basket.total,
    )


def payment(scenario: Scenario) -> dict[str, str]:
    return {"payment_id": scenario.payment_id, "psp": PSP, "psp_ref": f"pi_{scenario.order_id}"}


def asked_before_dispatch(scenario: Scenario) -> Generator[Step, None, datetime]:
    paid_at = yield from placed_and_paid(scenario)
    details = f"Please cancel, {scenario.basket.buyer.name}"
    return (yield from asks_back(scenario, scenario.later(paid_at, least_h=1, most_h=10), details=details))


def asks_back(
    scenario: Scenario, at: datetime, *, reason: str = "changed_mind", **reported: Any
) -> Generator[Step, None, datetime]:
    yield scenario.asks(at, "request_refund", scenario.buyer, refund_id=scenario.refund_id, reason=reason, **reported)
    return at


def paid_back(
    scenario: Scenario, approved_at: datetime, refund_id: str, amount: Money
) -> Generator[Step, None, datetime]:
    """Yields the provider's payment of the refund. Returns its instant."""
    submitted_at = approved_at + timedelta(hours=1)
    yield scenario.asks(submitted_at, "submit_refund", SYSTEM, refund_id=refund_id)
    paid_at = scenario.later(submitted_at, least_h=20, most_h=90)
    yield refund_outcome(scenario, paid_at, refund_id, amount, "succeeded")
    return paid_at


def refund_outcome(
    scenario: Scenario, at: datetime, refund_id: str, amount: Money, outcome: str, *, n: int = 1, code: str = ""
) -> Step:
    """Returns the provider's report on the refund's n-th attempt."""
    return scenario.reports(
        at,
        "report_refund_outcome",
        PROVIDER,
        refund_id=refund_id,
        attempt_id=f"{refund_id}.{n}",
        psp=PSP,
        outcome=outcome,
        code=code,
        psp_refund_ref=f"re_{scenario.order_id}" if n == 1 else f"re_{scenario.order_id}_{n}",
        amount=amount,
    )
