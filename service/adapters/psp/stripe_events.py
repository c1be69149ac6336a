"""Reads Stripe's events: charges, refunds and disputes. The metadata `merchant_id` and `order_id` name the order."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ledger.instants import instant_of_seconds
from ledger.money import Money
from ledger.references import reference_key
from service.formats.bodies import read_json
from service.formats.hmac_headers import expect_one, header_of
from service.formats.provider_values import Unreadable, amount_of, instant_or_none, order_named
from service.formats.refused_bodies import SignatureDoesNotMatch
from service.partner_facts.bodies import BodyUnread
from service.partner_facts.facts import PartnerFact
from service.partner_facts.payments import (
    AuthorisationReported,
    CaptureReported,
    DisputeFeeReported,
    DisputeLossReported,
    DisputeOpeningReported,
    DisputeWinReported,
    DisputeWithdrawalReported,
    ExpiryReported,
    OtherReported,
    PaymentFailureReported,
    ProviderFact,
    ProviderPayoutFailureReported,
    RefundReported,
    VoidReported,
)

PSP = "stripe"
_HEADER = "stripe-signature"
_STAMP = re.compile(r"[0-9]{1,12}")  # seconds since 1970
_TOLERANCE = timedelta(minutes=5)  # Stripe's own tolerance: an older body may be a replay
_Read = tuple[type[ProviderFact], dict[str, Any], list[str | None]]  # the fact, its fields and its references
# Stripe's dispute reasons that decide liability (policy `dispute_liability`).
_REASONS = {"product_not_received": "not_received", "product_unacceptable": "product_unacceptable"}
# Currencies whose minor units at Stripe differ from ISO 4217 (Stripe, Supported currencies, special cases).
_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
_NOT_STRIPES = (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError)
_REFUND_OUTCOMES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}
# Closed disputes by status. `prevented` does not say who has the money, so that it is left to people.
_DISPUTE_ENDS: dict[str, type[DisputeWinReported | DisputeLossReported]] = {
    "won": DisputeWinReported,
    "warning_closed": DisputeWinReported,  # an inquiry that did not become a chargeback
    "charge_refunded": DisputeWinReported,
    "lost": DisputeLossReported,
}


def facts_from(body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> list[PartnerFact]:
    """Returns the facts of one signed event: a dispute with its fee, a refunded charge with its refunds.

    Raises `SignatureDoesNotMatch`, and `PayloadNotUnderstood` if the body is not a JSON object.
    """
    _expect_signature(body, headers, secret, now=now)
    event = read_json(body, "Stripe")
    if not isinstance(event, dict):
        raise Unreadable(f"Stripe sends an object, but this body is a {type(event).__name__}.")
    facts: list[PartnerFact] = []
    try:
        facts.append(fact := read_event(event))
        facts.extend(read_further(event, fact))
    except Unreadable as problem:
        facts.append(BodyUnread(PSP, body, "webhook_unread", {"reason": str(problem)}))
    return facts


def _expect_signature(body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> None:
    """Checks `t=<seconds>,v1=<hex>…`, the HMAC-SHA256 of `t.body` (Stripe, Verify webhook signatures manually).

    While a secret is being changed there is one `v1` for each secret. Raises `SignatureDoesNotMatch`.
    """
    parts = [part.strip().partition("=") for part in header_of(headers, _HEADER).split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    expect_one(expected, [value for name, _, value in parts if name == "v1"], _HEADER)
    if not _STAMP.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) > _TOLERANCE.total_seconds():
        raise SignatureDoesNotMatch(
            f"The webhook was signed at {stamp[:20]!r}, more than {_TOLERANCE} from now: it may be a replay."
        )


def read_event(event: Mapping[str, Any]) -> ProviderFact:
    """Returns the fact of an event; `OtherReported` if it is not about an order's money. Raises `Unreadable`."""
    try:
        type_, id_, found = str(event["type"]), str(event["id"]), event["data"]["object"]
        created = instant_or_none(instant_of_seconds, event.get("created"))
        fact, said, names = _read(type_, found)
    except Unreadable:
        raise
    except _NOT_STRIPES as error:
        raise Unreadable(f"not an event of Stripe: {type(error).__name__} {error}") from None
    return fact(
        psp=PSP,
        message_id=id_,
        type=type_,
        happened_at=created,
        names=tuple(reference_key(name) for name in names if name),
        order=_order(found.get("metadata")),
        **said,
    )


def read_further(event: Mapping[str, Any], fact: ProviderFact) -> Iterator[ProviderFact]:
    """Yields further facts of the event: the fees of a dispute, the refunds listed in a refunded charge.

    Raises `Unreadable`.
    """
    try:
        found = event["data"]["object"]
        if isinstance(fact, DisputeWithdrawalReported):
            yield from _fees(found, fact)
        elif fact.type == "charge.refunded":
            yield from _listed_refunds(found, fact)
    except Unreadable:
        raise
    except _NOT_STRIPES as error:
        raise Unreadable(f"not a {fact.type} of Stripe: {type(error).__name__} {error}") from None


def _fees(dispute: Mapping[str, Any], fact: DisputeWithdrawalReported) -> Iterator[DisputeFeeReported]:
    for entry in dispute.get("balance_transactions") or ():
        if not entry.get("fee"):
            continue
        txn = str(entry["id"])
        yield DisputeFeeReported(
            psp=PSP,
            message_id=f"{fact.message_id}.{txn}",
            type=fact.type,
            happened_at=fact.happened_at,
            names=fact.names,
            order=fact.order,
            dispute_id=fact.dispute_id,
            capture_ref=fact.capture_ref,
            psp_ref=txn,
            amount=_amount(entry["fee"], entry["currency"]),
        )


def _listed_refunds(charge: Mapping[str, Any], fact: ProviderFact) -> Iterator[ProviderFact]:
    """Yields the refunds listed in a charge, as API versions before 2022-11-15 send them. A refund with its own event
    is recorded once.
    """
    for refund in (charge.get("refunds") or {}).get("data") or ():
        kind, said, names = _refund({"charge": charge["id"]} | refund)
        yield kind(
            psp=PSP,
            message_id=f"{fact.message_id}.{refund['id']}",
            type=fact.type,
            happened_at=fact.happened_at,
            names=tuple(reference_key(name) for name in names if name),
            order=_order(refund.get("metadata")) or fact.order,
            **said,
        )


def _read(type_: str, found: Mapping[str, Any]) -> _Read:
    match found.get("object"), type_:
        case "charge", "charge.succeeded" | "charge.captured" | "charge.updated" | "charge.failed":
            return _charge(type_, found)
        case "charge", "charge.expired":
            return _expired(found)
        case "payment_intent", "payment_intent.payment_failed":
            return _failed_intent(found)
        case "payment_intent", "payment_intent.canceled":
            return _canceled(found)
        case "payment_intent", "payment_intent.succeeded" | "payment_intent.amount_capturable_updated":
            return _payment_intent(found)
        case "refund", "refund.created" | "refund.updated" | "refund.failed" | "charge.refund.updated":
            return _refund(found)
        case "dispute", _ if type_.startswith("charge.dispute."):
            return _dispute(type_, found)
        case "payout", "payout.failed" | "payout.canceled":
            return ProviderPayoutFailureReported, {}, [str(found["id"])]
    return OtherReported, {}, [_text(found.get("id")), _text(found.get("charge"))]


def _charge(type_: str, charge: Mapping[str, Any]) -> _Read:
    payment = _text(charge.get("payment_intent")) or str(charge["id"])
    names: list[str | None] = [str(charge["id"]), payment]
    said: dict[str, Any] = {"payment_id": payment, "psp_ref": str(charge["id"])}
    if type_ == "charge.failed" or charge.get("status") == "failed":
        failed = {
            "amount": _amount(charge["amount"], charge["currency"]),
            "code": charge.get("failure_code") or "failed",
        }
        return PaymentFailureReported, said | failed, names
    if charge.get("captured") or charge.get("amount_captured"):
        captured = _amount(charge.get("amount_captured") or charge["amount"], charge["currency"])
        return CaptureReported, _captured(payment, str(charge["id"]), captured), names
    return AuthorisationReported, said | {"amount": _amount(charge["amount"], charge["currency"])}, names


def _payment_intent(intent: Mapping[str, Any]) -> _Read:
    """Returns the capture of a payment intent's only successful charge."""
    charge, payment = _text(intent.get("latest_charge")), str(intent["id"])
    if charge is None or not intent.get("amount_received"):
        return OtherReported, {}, [charge, payment]
    captured = _amount(intent["amount_received"], intent["currency"])
    return CaptureReported, _captured(payment, charge, captured), [charge, payment]


def _expired(charge: Mapping[str, Any]) -> _Read:
    """Returns the expiry of the part of a charge that was not captured."""
    payment = _text(charge.get("payment_intent")) or str(charge["id"])
    said = {"payment_id": payment, "psp_ref": str(charge["id"]), "amount": _rest(charge, "amount_captured")}
    return ExpiryReported, said, [str(charge["id"]), payment]


def _canceled(intent: Mapping[str, Any]) -> _Read:
    """Returns the void of the amount that the intent's charge held; `OtherReported` without a charge."""
    charge, payment = _text(intent.get("latest_charge")), str(intent["id"])
    if charge is None:
        return OtherReported, {}, [payment]
    said = {"payment_id": payment, "psp_ref": charge, "amount": _rest(intent, "amount_received")}
    return VoidReported, said | {"code": _text(intent.get("cancellation_reason")) or ""}, [charge, payment]


def _failed_intent(intent: Mapping[str, Any]) -> _Read:
    charge, payment = _text(intent.get("latest_charge")), str(intent["id"])
    said = {
        "payment_id": payment,
        "psp_ref": charge or payment,
        "amount": _amount(intent["amount"], intent["currency"]),
    }
    error = intent.get("last_payment_error") or {}
    return PaymentFailureReported, said | {"code": _text(error.get("code")) or "failed"}, [charge, payment]


def _rest(found: Mapping[str, Any], taken: str) -> Money:
    return _amount(found["amount"] - (found.get(taken) or 0), found["currency"])


def _captured(payment_id: str, charge: str, amount: Money) -> dict[str, Any]:
    """Returns the fields of a capture. Stripe reports the total captured so far, so that the amount is cumulative."""
    return {
        "payment_id": payment_id,
        "psp_ref": charge,
        "capture_ref": charge,
        "amount": amount,
        "cumulative": True,
    }


def _refund(refund: Mapping[str, Any]) -> _Read:
    attempt_id = _text((refund.get("metadata") or {}).get("attempt_id"))
    names = [str(refund["id"]), attempt_id, _text(refund.get("charge")), _text(refund.get("payment_intent"))]
    outcome = _REFUND_OUTCOMES.get(str(refund.get("status")))
    if outcome is None:
        return OtherReported, {}, names  # still pending
    said = {
        "outcome": outcome,
        "psp_refund_ref": str(refund["id"]),
        "attempt_id": attempt_id,
        "amount": _amount(refund["amount"], refund["currency"]),
        "code": refund.get("failure_reason") or "",
    }
    if charge := _text(refund.get("charge")):
        said["capture_ref"] = charge
    return RefundReported, said, names


def _dispute(type_: str, dispute: Mapping[str, Any]) -> _Read:
    charge = _text(dispute.get("charge"))
    names = [str(dispute["id"]), charge, _text(dispute.get("payment_intent"))]
    said: dict[str, Any] = {"dispute_id": str(dispute["id"]), "capture_ref": charge}
    amount, status = _amount(dispute["amount"], dispute["currency"]), str(dispute.get("status"))
    match type_:
        case "charge.dispute.created" | "charge.dispute.updated":
            due_by = (dispute.get("evidence_details") or {}).get("due_by")
            reason = str(dispute.get("reason") or "general")
            said |= {
                "stage": "inquiry" if status.startswith("warning_") else "chargeback",
                "amount": amount,
                "reason": _REASONS.get(reason, reason),
                "raw_code": reason,
                "due_by": instant_or_none(instant_of_seconds, due_by),
            }
            return DisputeOpeningReported, said, names
        case "charge.dispute.funds_withdrawn":
            return DisputeWithdrawalReported, said | {"amount": amount}, names
        case "charge.dispute.closed":
            if status not in _DISPUTE_ENDS:
                raise Unreadable(f"a dispute is closed, but its status {status[:40]!r} does not say who won")
            end, reason = _DISPUTE_ENDS[status], str(dispute.get("reason") or "general")
            loss = {"amount": amount, "reason": _REASONS.get(reason, reason)}
            return end, said | (loss if end is DisputeLossReported else {}), names
        case "charge.dispute.funds_reinstated":
            if status != "won":
                raise Unreadable(f"funds of a dispute are reinstated, but its status is {status[:40]!r}, not won")
            return DisputeWinReported, said, names
    return OtherReported, {}, names


def _order(metadata: Any) -> tuple[str, str] | None:
    reported = metadata if isinstance(metadata, Mapping) else {}
    return order_named(reported.get("merchant_id"), reported.get("order_id"))


def _text(value: Any) -> str | None:
    """Returns an id, also if the object is expanded in its place."""
    return _text(value.get("id")) if isinstance(value, Mapping) else str(value) if value else None


def _amount(minor: Any, currency: Any) -> Money:
    return amount_of(minor, currency, _DIGITS)
