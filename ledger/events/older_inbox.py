"""What became of refunds of the inbox in the shapes it was first stored in, and how each is lifted."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ledger.events.event import UPCASTS, Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _InboxRefundV1(Event):
    refund_id: Id
    psp: Id
    capture_ref: Id
    payment_id: Id | None
    psp_refund_ref: str
    amount: Money
    happened_at: datetime


class UnallocatedRefundPaidV1(_InboxRefundV1, name="inbox.refund_paid", version=1):
    """Did not say under which name it was sent."""

    carried: Money
    book_rate: Rate
    base: Money
    fx: Money


class UnallocatedRefundFailedV1(_InboxRefundV1, name="inbox.refund_failed", version=1):
    """Was always the last word."""

    submission_id: Id
    code: str


def _sent_under_its_last_name(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"submission_id": None}


def _not_only_noted(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"only_noted": False}


UPCASTS["inbox.refund_paid", 1] = _sent_under_its_last_name
UPCASTS["inbox.refund_failed", 1] = _not_only_noted
