"""Orders whose goods have arrived, or never did, and the after-sales of them, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.fx import Rate
from ledger.policies.policy import Policy
from tests.support.given import BUYER, PARTNER, PLATFORM, RATES
from tests.support.orders import OrderStory, after_days

SERVICE = PLATFORM  # platform customer service
CARRIER = PARTNER


def one(line_id: str, qty: int = 1) -> list[dict[str, Any]]:
    return [{"line_id": line_id, "qty": qty}]


def cut(line_id: str, amount: str) -> list[dict[str, Any]]:
    """What a reviewer approves of a line."""
    return [{"line_id": line_id, "amount": amount}]


def delivered(*, policies: Iterable[Policy] = (), rates: Iterable[Rate] = RATES) -> OrderStory:
    """Two of A and one of B, sent and signed for after five days."""
    return (
        OrderStory(policies=policies, rates=rates)
        .paid()
        .sent(A=2, B=1)
        .received(at=after_days(1))
        .signed(at=after_days(5))
    )


def asked(story: OrderStory, refund_id: str = "R-1", *, day: float = 8, by: Actor = BUYER, **told: Any) -> OrderStory:
    """The buyer asks for after-sales."""
    whole: dict[str, Any] = {"refund_id": refund_id, "reason": "broken", "at": after_days(day)} | told
    story.tell("request_refund", by=by, **whole)
    return story


def approve(story: OrderStory, refund_id: str = "R-1", *, day: float = 9, **told: Any) -> list[Event]:
    """Customer service says yes."""
    whole: dict[str, Any] = {"refund_id": refund_id, "round": 1, "by": SERVICE, "at": after_days(day)} | told
    return story.tell("approve_refund", **whole)


def paid_back(story: OrderStory, refund_id: str = "R-1", *, day: float = 10) -> OrderStory:
    """The provider pays all of the refund."""
    story.tell("submit_refund", refund_id=refund_id, at=after_days(day))
    for submission in list(story.order.cases[refund_id].submissions.values()):
        story.tell(
            "report_refund_outcome",
            by=PARTNER,
            at=after_days(day),
            submission_id=submission.submission_id,
            psp=submission.psp,
            psp_refund_ref=f"re-{submission.submission_id}",
            outcome="succeeded",
            amount=str(submission.amount),
        )
    return story
