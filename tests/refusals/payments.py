"""Refused commands about payments, buyers' funds, disputes and claims, by code."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from ledger.fx import Rate
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.catalogue import Refusal
from tests.support.given import PLATFORM
from tests.support.orders import OrderScenario, after_days, basket, capture
from tests.support.payments import HELD, disputed, held, opened

Cause = Callable[[], Refusal | None]
_CLAIM = {"claim_id": "CL-1", "parcel_id": "P-1", "partner": "sf", "amount": "CNY 1.00", "reason": "lost"}

ABSURD = Rate("USD", "CNY", "7180", "book", "test", date(2025, 3, 1))


def after(scenario: OrderScenario, reported: str, data: dict[str, Any], command: str, **asked: Any) -> Refusal:
    """Returns the refusal of a command after a report."""
    scenario.submit(reported, **data)
    return scenario.refusal(command, **asked)


def evidence(scenario: OrderScenario, **other: Any) -> Refusal:
    reported = {"dispute_id": "dp-1", "evidence_refs": ["pod-1"]} | other
    return scenario.refusal("submit_dispute_evidence", by=PLATFORM, **reported)


def lost() -> OrderScenario:
    scenario = disputed(OrderScenario().paid())
    scenario.submit("report_dispute_lost", dispute_id="dp-1", psp="stripe")
    return scenario


def late_evidence() -> Refusal:
    scenario = OrderScenario().paid()
    scenario.submit("report_dispute_opened", **opened(due_by="2025-04-02T00:00:00Z"))
    return evidence(scenario, at=after_days(2))


def too_early() -> Refusal:
    return after(OrderScenario(), "report_payment_captured", capture(), "flag_unallocated_capture", capture_ref="cap-1")


def old_rate() -> Refusal:
    pricing = ReferencePricing(rate_kind="reference", quote_validity=timedelta(days=1), max_rate_age=timedelta(days=7))
    return OrderScenario(policies=(pricing,)).paid().refusal("cancel_order", reason="out_of_stock")


def unpaid() -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    return scenario


def claimed_twice() -> Refusal:
    scenario = OrderScenario().paid().sent(A=1)
    scenario.submit("file_logistics_claim", by=PLATFORM, **_CLAIM)
    return scenario.refusal("file_logistics_claim", by=PLATFORM, **_CLAIM)


CAUSES: dict[str, Cause] = {
    "AMOUNT_TOO_LARGE": lambda: OrderScenario(rates=[ABSURD]).refusal(
        "report_payment_captured", **capture("cap-1", "USD 50000000000.00")
    ),
    "DISPUTE_OPEN": lambda: disputed(OrderScenario().paid().sent(A=2, B=1).signed()).refusal(
        "release_settlement", at=after_days(8)
    ),
    "DISPUTE_NOT_FOUND": lambda: evidence(OrderScenario().paid()),
    "DISPUTE_CLOSED": lambda: evidence(lost()),
    "EVIDENCE_TOO_LATE": late_evidence,
    "PAYMENT_NOT_AUTHORIZED": lambda: held().refusal("capture_payment", payment_id="PAY-9"),
    "AMOUNT_EXCEEDS_AUTHORIZED": lambda: held().refusal("capture_payment", payment_id="PAY-1", amount="USD 69.45"),
    "ALREADY_CAPTURED": lambda: after(
        held(), "report_payment_captured", capture(), "void_payment", payment_id="PAY-1", reason="out_of_stock"
    ),
    "AUTHORIZATION_EXPIRED": lambda: after(
        held(), "report_authorisation_expired", HELD, "capture_payment", payment_id="PAY-1"
    ),
    "PAYMENT_VOIDED": lambda: after(held(), "report_payment_voided", HELD, "capture_payment", payment_id="PAY-1"),
    "CAPTURE_NOT_FOUND": lambda: OrderScenario().refusal("flag_unallocated_capture", capture_ref="cap-9"),
    "CAPTURE_NOT_OVERDUE": too_early,
    "CAPTURE_NOT_DUPLICATE": lambda: (
        OrderScenario()
        .paid()
        .refusal("approve_duplicate_capture_refund", by=PLATFORM, refund_id="D-1", capture_ref="cap-1")
    ),
    "CLAIM_ALREADY_FILED": claimed_twice,
    "RATE_STALE": old_rate,
    "ORDER_PAID": lambda: OrderScenario().paid().refusal("expire_order", at=after_days(3)),
    "ORDER_NOT_EXPIRED": lambda: unpaid().refusal("expire_order", at=after_days(2)),
    "PAYMENT_UNDER_WAY": lambda: after(
        unpaid(), "report_payment_captured", capture(amount="USD 1.00"), "expire_order", at=after_days(3)
    ),
}
