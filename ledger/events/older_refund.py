"""Outcomes of refunds in the shapes they were first stored in, and how each is lifted to its next version."""

from __future__ import annotations

from typing import Any

from ledger.events.event import UPCASTS, Event
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class _SubmissionV1(Event):
    """Left it to its envelope when it was."""

    merchant_id: Id
    order_id: Id
    refund_id: Id
    submission_id: Id
    payment_id: Id
    capture_ref: Id
    psp: Id
    amount: Money
    psp_refund_ref: str


class RefundSucceededV1(_SubmissionV1, name="refund.succeeded", version=1):
    """The provider has paid a part of a refund back."""

    book_rate: Rate
    base: Money
    carried: Money
    fx: Money


class RefundFailedV1(_SubmissionV1, name="refund.failed", version=1):
    """The provider could not pay it back."""

    code: str


class RefundReversedV1(_SubmissionV1, name="refund.reversed", version=1):
    """What was paid back has come back."""

    code: str
    book_rate: Rate
    base: Money
    carried: Money
    fx: Money


def _only_its_envelope_says_when(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"happened_at": None}


UPCASTS["refund.succeeded", 1] = _only_its_envelope_says_when
UPCASTS["refund.failed", 1] = _only_its_envelope_says_when
UPCASTS["refund.reversed", 1] = _only_its_envelope_says_when
