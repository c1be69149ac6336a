"""Orders whose goods have arrived, or never did, and the after-sales of them, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.fx import Rate
from ledger.policies.policy import Policy
from tests.support.given import BUYER, PARTNER, PLATFORM, RATES
from tests.support.orders import OrderScenario, after_days

SERVICE = PLATFORM  # platform customer service
CARRIER = PARTNER


def one(line_id: str, qty: int = 1) -> list[dict[str, Any]]:
    return [{"line_id": line_id, "qty": qty}]


def cut(line_id: str, amount: str) -> list[dict[str, Any]]:
    """Returns a reviewer's approval of a part of a line."""
    return [{"line_id": line_id, "amount": amount}]


def delivered(*, policies: Iterable[Policy] = (), rates: Iterable[Rate] = RATES) -> OrderScenario:
    """Two of A and one of B, sent and signed for after five days."""
    return (
        OrderScenario(policies=policies, rates=rates)
        .paid()
        .sent(A=2, B=1)
        .received(at=after_days(1))
        .signed(at=after_days(5))
    )


def asked(
    scenario: OrderScenario, refund_id: str = "R-1", *, day: float = 8, by: Actor = BUYER, **reported: Any
) -> OrderScenario:
    """The buyer asks for after-sales."""
    whole: dict[str, Any] = {"refund_id": refund_id, "reason": "broken", "at": after_days(day)} | reported
    scenario.submit("request_refund", by=by, **whole)
    return scenario


def approve(scenario: OrderScenario, refund_id: str = "R-1", *, day: float = 9, **reported: Any) -> list[Event]:
    """Customer service says yes."""
    whole: dict[str, Any] = {"refund_id": refund_id, "round": 1, "by": SERVICE, "at": after_days(day)} | reported
    return scenario.submit("approve_refund", **whole)


def paid_back(scenario: OrderScenario, refund_id: str = "R-1", *, day: float = 10) -> OrderScenario:
    """The provider pays all of the refund."""
    scenario.submit("submit_refund", refund_id=refund_id, at=after_days(day))
    for attempt in list(scenario.order.cases[refund_id].attempts.values()):
        scenario.submit(
            "report_refund_outcome",
            by=PARTNER,
            at=after_days(day),
            attempt_id=attempt.attempt_id,
            psp=attempt.psp,
            psp_refund_ref=f"re-{attempt.attempt_id}",
            outcome="succeeded",
            amount=str(attempt.amount),
        )
    return scenario
