"""Every message that Stripe and Adyen document is mapped, or kept and documented as such; where one leaves open what it
means, it waits for people."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from commands.payments.report_authorisation_expired import ReportAuthorisationExpired
from service.adapters.psp.adyen_notifications import read_notification
from service.adapters.psp.stripe_events import read_event, read_further
from service.formats.provider_values import Unreadable
from service.partner_facts.payments import ProviderFact
from tests.support.partner_facts import command_of

OPERATIONS = (Path(__file__).parents[4] / "docs" / "operations.md").read_text()
# Adyen, Webhooks (version 1): each event code with what it is for us when it reports a success, and a failure.
ADYEN = {
    "AUTHORISATION": ("authorised", "failed"), "AUTHORISATION_ADJUSTMENT": ("other", "other"),
    "CANCELLATION": ("voided", "other"), "TECHNICAL_CANCEL": ("voided", "other"), "EXPIRE": ("expired", "other"),
    "CAPTURE": ("captured", "failed"), "CAPTURE_FAILED": ("failed", "other"),
    "REFUND": ("refund", "refund"), "REFUND_WITH_DATA": ("refund", "refund"), "REFUND_FAILED": ("refund", "other"),
    "REFUNDED_REVERSED": ("refund", "other"), "VOID_PENDING_REFUND": ("refund", "other"),
    "POSTPONED_REFUND": ("other", "other"), "ORDER_OPENED": ("other", "other"), "ORDER_CLOSED": ("other", "other"),
    "REPORT_AVAILABLE": ("other", "other"), "OFFER_CLOSED": ("other", "other"),
    "RECURRING_CONTRACT": ("other", "other"), "MANUAL_REVIEW_ACCEPT": ("other", "other"),
    "MANUAL_REVIEW_REJECT": ("other", "other"), "AUTORESCUE": ("other", "other"),
    "CANCEL_AUTORESCUE": ("other", "other"), "ACH_NOTIFICATION_OF_CHANGE": ("other", "other"),
    "DIRECT_DEBIT_NOTICE_OF_CHANGE_NOTIFICATION": ("other", "other"), "PAYOUT_THIRDPARTY": ("other", "other"),
    "PAYOUT_DECLINE": ("other", "other"), "PAYOUT_EXPIRE": ("other", "other"), "PAIDOUT_REVERSED": ("other", "other"),
    "NOTIFICATION_OF_FRAUD": ("other", "other"), "INFORMATION_SUPPLIED": ("other", "other"),
    "ISSUER_COMMENTS": ("other", "other"), "REQUEST_FOR_INFORMATION": ("dispute_opened", "other"),
    "NOTIFICATION_OF_CHARGEBACK": ("dispute_opened", "other"), "CHARGEBACK": ("dispute_withdrawn", "other"),
    "CHARGEBACK_REVERSED": ("dispute_won", "other"), "SECOND_CHARGEBACK": ("dispute_lost", "other"),
    "ISSUER_RESPONSE_TIMEFRAME_EXPIRED": ("dispute_won", "other"), "PREARBITRATION_OPEN": ("other", "other"),
    "PREARBITRATION_WON": ("dispute_won", "other"), "PREARBITRATION_LOST": ("dispute_lost", "other"),
    "PREARBITRATION_ISSUER_WITHDRAWN": ("dispute_won", "other"), "SCHEME_ARBITRATION": ("other", "other"),
    "SCHEME_ARBITRATION_WON": ("dispute_won", "other"), "SCHEME_ARBITRATION_LOST": ("dispute_lost", "other"),
    "PREARBITRATION_ACCEPTED": ("other", "other"), "PREARBITRATION_DECLINED": ("other", "other"),
    "DISPUTE_DEFENSE_PERIOD_ENDED": ("other", "other"),
}  # fmt: skip
_ITEM: dict[str, Any] = {
    "success": "true", "pspReference": "MOD1", "originalReference": "PAY1",
    "amount": {"value": 1944, "currency": "USD"}, "eventDate": "2025-04-01T10:00:00+02:00", "additionalData": {},
}  # fmt: skip


def notified(code: str, **changes: Any) -> ProviderFact:
    return read_notification(_ITEM | {"eventCode": code} | changes)


@pytest.mark.parametrize(("code", "kinds"), ADYEN.items())
def test_every_event_code_of_adyen_means_this_when_it_succeeds_and_when_it_fails(
    code: str, kinds: tuple[str, str]
) -> None:
    assert (notified(code).kind, notified(code, success="false").kind) == kinds
    assert command_of(notified(code), ("M-1", "O-1")).fingerprint()


@pytest.mark.parametrize("code", ["CANCEL_OR_REFUND", *ADYEN])
def test_every_event_code_of_adyen_stands_in_the_document(code: str) -> None:
    assert f"`{code}`" in OPERATIONS


@pytest.mark.parametrize(
    ("action", "success", "kind"),
    [
        ("cancel", "true", "voided"), ("cancel", "false", "other"),
        ("refund", "true", "refund"), ("refund", "false", "refund"),
    ],
)  # fmt: skip
def test_a_cancel_or_refund_is_what_was_done(action: str, success: str, kind: str) -> None:
    reported = notified("CANCEL_OR_REFUND", success=success, additionalData={"modification.action": action})
    assert (reported.kind, reported.said.get("outcome")) == (
        kind,
        {"true": "succeeded", "false": "failed"}[success] if kind == "refund" else None,
    )


@pytest.mark.parametrize("data", [{}, {"modification.action": "else"}])
def test_a_cancel_or_refund_that_does_not_say_which_waits_for_people(data: dict[str, str]) -> None:
    with pytest.raises(Unreadable, match=r"modification\.action"):
        notified("CANCEL_OR_REFUND", additionalData=data)


@pytest.mark.parametrize(("status", "kind"), [("Won", "dispute_won"), ("Lost", "dispute_lost"), ("Pending", "other")])
@pytest.mark.parametrize("code", ["PREARBITRATION_ACCEPTED", "PREARBITRATION_DECLINED", "DISPUTE_DEFENSE_PERIOD_ENDED"])
def test_a_stage_that_anybody_may_have_won_goes_by_its_dispute_status(code: str, status: str, kind: str) -> None:
    assert notified(code, additionalData={"disputeStatus": status}).kind == kind


def test_a_refund_that_was_voided_is_the_original_of_that_request() -> None:
    assert (notified("VOID_PENDING_REFUND").said["psp_refund_ref"], notified("REFUND").said["psp_refund_ref"]) == (
        "PAY1",
        "MOD1",
    )


_CHARGE = {"object": "charge", "id": "ch_1", "payment_intent": "pi_1", "amount": 1944, "currency": "usd"}
_INTENT = {"object": "payment_intent", "id": "pi_1", "latest_charge": "ch_1", "amount": 1944, "currency": "usd"}
_DISPUTE = {"object": "dispute", "id": "dp_1", "charge": "ch_1", "amount": 1944, "currency": "usd"}
_REFUND = {"object": "refund", "id": "re_1", "charge": "ch_1", "amount": 1944, "currency": "usd"}
# Stripe, Types of events: what is about the money of orders, and what else of these objects there is.
STRIPE: list[tuple[str, dict[str, Any], str]] = [
    ("charge.succeeded", _CHARGE, "authorised"), ("charge.pending", _CHARGE, "other"),
    ("charge.captured", _CHARGE | {"captured": True}, "captured"), ("charge.failed", _CHARGE, "failed"),
    ("charge.expired", _CHARGE, "expired"), ("charge.refunded", _CHARGE, "other"),
    ("payment_intent.created", _INTENT, "other"), ("payment_intent.canceled", _INTENT, "voided"),
    ("payment_intent.canceled", _INTENT | {"latest_charge": None}, "other"),
    ("payment_intent.payment_failed", _INTENT, "failed"), ("payment_intent.processing", _INTENT, "other"),
    ("payment_intent.requires_action", _INTENT, "other"),
    ("payment_intent.partially_funded", _INTENT, "other"),
    ("payment_intent.succeeded", _INTENT | {"amount_received": 1944}, "captured"),
    ("payment_intent.amount_capturable_updated", _INTENT, "other"),
    ("refund.created", _REFUND | {"status": "pending"}, "other"),
    ("refund.updated", _REFUND | {"status": "succeeded"}, "refund"),
    ("refund.failed", _REFUND | {"status": "failed"}, "refund"),
    ("charge.refund.updated", _REFUND | {"status": "canceled"}, "refund"),
    ("charge.dispute.created", _DISPUTE | {"status": "needs_response"}, "dispute_opened"),
    ("charge.dispute.updated", _DISPUTE | {"status": "under_review"}, "dispute_opened"),
    ("charge.dispute.funds_withdrawn", _DISPUTE, "dispute_withdrawn"),
    ("charge.dispute.funds_reinstated", _DISPUTE | {"status": "won"}, "dispute_won"),
    ("charge.dispute.closed", _DISPUTE | {"status": "won"}, "dispute_won"),
    ("charge.dispute.closed", _DISPUTE | {"status": "warning_closed"}, "dispute_won"),
    ("charge.dispute.closed", _DISPUTE | {"status": "lost"}, "dispute_lost"),
    ("payout.created", {"object": "payout", "id": "po_1"}, "other"),
    ("payout.updated", {"object": "payout", "id": "po_1"}, "other"),
    ("payout.paid", {"object": "payout", "id": "po_1"}, "other"),
    ("payout.reconciliation_completed", {"object": "payout", "id": "po_1"}, "other"),
    ("payout.failed", {"object": "payout", "id": "po_1"}, "payout_failed"),
    ("payout.canceled", {"object": "payout", "id": "po_1"}, "payout_failed"),
]  # fmt: skip


def event(type: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"id": "evt_1", "type": type, "created": 1743500000, "data": {"object": found}}


@pytest.mark.parametrize(("type", "found", "kind"), STRIPE)
def test_every_event_of_stripe_about_money_means_this(type: str, found: dict[str, Any], kind: str) -> None:
    fact = read_event(event(type, found))
    assert fact.kind == kind
    assert command_of(fact, ("M-1", "O-1")).fingerprint()
    assert f"`{type}`" in OPERATIONS or f"`.{type.rpartition('.')[2]}`" in OPERATIONS


@pytest.mark.parametrize(
    ("type", "status"),
    [
        ("charge.dispute.closed", "prevented"), ("charge.dispute.closed", "else"),
        ("charge.dispute.funds_reinstated", "lost"),
    ],
)  # fmt: skip
def test_a_dispute_whose_status_does_not_say_who_has_the_money_waits_for_people(type: str, status: str) -> None:
    with pytest.raises(Unreadable, match=status):
        read_event(event(type, _DISPUTE | {"status": status}))


def test_a_payout_of_stripe_that_failed_is_shown_to_people_and_no_other() -> None:
    notes = [
        command_of(read_event(event(type, {"object": "payout", "id": "po_1"})), None)
        for type in ("payout.failed", "payout.paid")
    ]
    assert [note.model_dump()["kind"] for note in notes] == ["psp_payout_failed", "psp_other"]


def test_the_refunds_that_a_charge_of_stripe_lists_are_reported_with_it() -> None:
    listed = [_REFUND | {"status": "succeeded"}, _REFUND | {"id": "re_2", "status": "failed"}]
    reported = event("charge.refunded", _CHARGE | {"refunds": {"data": listed}})
    further = list(read_further(reported, read_event(reported)))
    assert [(each.said["psp_refund_ref"], each.said["outcome"], each.message_id) for each in further] == [
        ("re_1", "succeeded", "evt_1.re_1"),
        ("re_2", "failed", "evt_1.re_2"),
    ]


def test_a_list_of_refunds_that_holds_something_else_is_unreadable() -> None:
    reported = event("charge.refunded", _CHARGE | {"refunds": {"data": [3]}})
    with pytest.raises(Unreadable):
        list(read_further(reported, read_event(reported)))


def test_what_expires_at_stripe_is_what_was_not_captured() -> None:
    fact = read_event(event("charge.expired", _CHARGE | {"amount_captured": 944}))
    assert str(fact.amount) == "USD 10.00"


def test_a_hold_that_lapses_is_reported_to_its_order() -> None:
    report = command_of(notified("EXPIRE", originalReference=""), ("M-1", "O-1"))
    assert isinstance(report, ReportAuthorisationExpired)
    assert report.payment_id == "MOD1"


@pytest.mark.parametrize(
    "fact",
    [
        read_event(event("charge.dispute.created", _DISPUTE | {"evidence_details": {"due_by": 1745100000}})),
        notified("NOTIFICATION_OF_CHARGEBACK", additionalData={"defensePeriodEndsAt": "2025-04-20T00:00:00+02:00"}),
    ],
    ids=["stripe", "adyen"],
)
def test_the_last_day_for_evidence_is_reported_by_each_provider(fact: ProviderFact) -> None:
    assert fact.said["due_by"] == datetime(2025, 4, 19, 22, tzinfo=UTC)


@pytest.mark.parametrize("code", ["AUTHORISATION", "CAPTURE", "REFUND"])
def test_a_failure_at_adyen_has_the_reason_that_adyen_gives(code: str) -> None:
    assert notified(code, success="false", reason="Insufficient balance").said["code"] == "Insufficient balance"


@pytest.mark.parametrize("reason", [None, "", " ", 7, {"a": 1}, "x\0y"])
def test_a_failure_at_adyen_without_a_readable_reason_is_failed(reason: Any) -> None:
    assert notified("CAPTURE_FAILED", reason=reason).said["code"] == "failed"


def test_a_refund_that_succeeds_at_adyen_has_no_reason() -> None:
    assert "code" not in notified("REFUND", reason="1234:7777:12/2012").said
