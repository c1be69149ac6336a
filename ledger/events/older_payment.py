"""Payment events in the shapes they were first stored in, and how each is lifted to its next version."""

from __future__ import annotations

from typing import Any

from ledger.events.event import UPCASTS, Event
from ledger.events.payment import PaymentAllocated
from ledger.fx import Rate
from ledger.ids import Id
from ledger.money import Money


class PaymentVoidedV1(Event, name="payment.voided", version=1):
    """Left it to its envelope when it was."""

    merchant_id: Id
    order_id: Id
    payment_id: Id
    psp: Id
    psp_ref: str
    amount: Money
    code: str


def _somewhen(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"happened_at": None}


UPCASTS["payment.voided", 1] = _somewhen


class PaymentCapturedV1(Event, name="payment.captured", version=1):
    """Left it to its envelope when it was."""

    merchant_id: Id
    order_id: Id
    payment_id: Id
    psp: Id
    capture_ref: Id
    amount: Money
    book_rate: Rate
    base: Money
    source_amount: Money | None = None


def _only_its_envelope_says_when(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"psp_ref": "", "captured_at": None}


UPCASTS["payment.captured", 1] = _only_its_envelope_says_when


class PaymentCaptureFailedV1(Event, name="payment.capture_failed", version=1):
    """Left refunds owed to a buyer who never paid."""

    merchant_id: Id
    order_id: Id
    payment_id: Id
    psp: Id
    capture_ref: Id
    code: str
    amount: Money
    base: Money
    unallocated: Money
    unallocated_base: Money
    borne_by_platform: bool
    undone: PaymentAllocated | None = None


def _what_is_owed_stays_owed(payload: dict[str, Any]) -> dict[str, Any]:
    return payload | {"owed": [], "fx": {"currency": "CNY", "minor": 0}}


UPCASTS["payment.capture_failed", 1] = _what_is_owed_stays_owed
