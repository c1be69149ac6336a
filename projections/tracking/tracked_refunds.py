"""States of a buyer's refunds, kept in the order's row by case, in the buyer's currency."""

from __future__ import annotations

from typing import Any, Literal

from ledger.events.event import Event
from ledger.events.refunds import (
    RefundApproved,
    RefundAutoApproved,
    RefundFailed,
    RefundPaidByAlternative,
    RefundRejected,
    RefundRequested,
    RefundReversed,
    RefundSubmitted,
    RefundSucceeded,
    RefundWithdrawn,
    ReturnAuthorized,
    ReturnExpired,
    ReturnReceived,
)
from ledger.money import Money

RefundState = Literal[
    "requested", "approved", "send_back", "returned", "rejected", "withdrawn", "return_expired",
    "on_its_way", "partly_paid", "paid", "delayed",
]  # fmt: skip
REFUND_EVENTS: tuple[type[Event], ...] = (
    RefundRequested, RefundAutoApproved, RefundApproved, RefundRejected, RefundWithdrawn,
    ReturnAuthorized, ReturnReceived, ReturnExpired,
    RefundSubmitted, RefundSucceeded, RefundFailed, RefundReversed, RefundPaidByAlternative,
)  # fmt: skip
_WORDS: dict[type[Event], RefundState] = {
    RefundRejected: "rejected",
    RefundWithdrawn: "withdrawn",
    ReturnAuthorized: "send_back",
    ReturnReceived: "returned",
    ReturnExpired: "return_expired",
    RefundSubmitted: "on_its_way",
    RefundFailed: "delayed",
}


def refunds_after(refunds: dict[str, Any], event: Event) -> dict[str, Any]:
    """Returns the refunds after one more event. A refund without a request changes nothing."""
    match event:
        case RefundRequested():
            asked = {"type": event.type, "state": "requested", "paid": 0} | _amount(event.amount)
            return refunds | {event.refund_id: asked}
    refund_id = getattr(event, "refund_id", "")
    if refund_id not in refunds:
        return refunds
    return refunds | {refund_id: refunds[refund_id] | _changes(refunds[refund_id], event)}


def _changes(refund: dict[str, Any], event: Event) -> dict[str, Any]:
    match event:
        case RefundApproved() | RefundAutoApproved():
            back_first = isinstance(event, RefundApproved) and event.return_required
            return {"state": "send_back" if back_first else "approved"} | _amount(event.money.amount)
        case RefundSucceeded() | RefundPaidByAlternative():
            return _paid(refund, event.amount.minor)
        case RefundReversed():
            left = _paid(refund, -event.amount.minor)
            return left if left["state"] == "paid" else left | {"state": "delayed"}
        case RefundFailed(without_effect=True):
            return {}
    return {"state": _WORDS[type(event)]}


def _amount(amount: Money) -> dict[str, Any]:
    return {"currency": amount.currency, "amount": amount.minor}


def _paid(refund: dict[str, Any], minor: int) -> dict[str, Any]:
    paid = refund["paid"] + minor
    return {"paid": paid, "state": "paid" if paid >= refund["amount"] else "partly_paid"}
