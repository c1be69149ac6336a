"""Reads Adyen's notifications. The metadata `merchant_id` and `order_id` in `additionalData` name the order."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from ledger.instants import read_instant
from ledger.references import reference_key
from service.formats.bodies import read_json
from service.formats.provider_values import Unreadable, amount_of, instant_or_none, order_named
from service.formats.refused_bodies import PayloadNotUnderstood, SignatureDoesNotMatch
from service.partner_facts.bodies import BodyUnread
from service.partner_facts.facts import PartnerFact
from service.partner_facts.payments import (
    AuthorisationReported,
    CaptureReported,
    DisputeFact,
    DisputeLossReported,
    DisputeOpeningReported,
    DisputeWinReported,
    DisputeWithdrawalReported,
    ExpiryReported,
    OtherReported,
    PaymentFailureReported,
    ProviderFact,
    RefundReported,
    VoidReported,
)

PSP = "adyen"
_LONGEST_REASON = 500  # characters
# Adyen's event codes (Webhooks, Event codes), by success. Other codes are kept as `OtherReported`.
_KINDS: dict[tuple[str, bool], type[ProviderFact]] = {
    ("AUTHORISATION", True): AuthorisationReported,
    ("AUTHORISATION", False): PaymentFailureReported,
    ("CAPTURE", True): CaptureReported,
    ("CAPTURE", False): PaymentFailureReported,
    ("CAPTURE_FAILED", True): PaymentFailureReported,
    ("CANCELLATION", True): VoidReported,
    ("TECHNICAL_CANCEL", True): VoidReported,
    ("EXPIRE", True): ExpiryReported,
    ("REFUND", True): RefundReported,
    ("REFUND", False): RefundReported,
    ("REFUND_WITH_DATA", True): RefundReported,
    ("REFUND_WITH_DATA", False): RefundReported,
    ("REFUND_FAILED", True): RefundReported,
    ("REFUNDED_REVERSED", True): RefundReported,
    ("VOID_PENDING_REFUND", True): RefundReported,
    ("NOTIFICATION_OF_CHARGEBACK", True): DisputeOpeningReported,
    ("REQUEST_FOR_INFORMATION", True): DisputeOpeningReported,
    ("CHARGEBACK", True): DisputeWithdrawalReported,
    ("CHARGEBACK_REVERSED", True): DisputeWinReported,
    ("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", True): DisputeWinReported,
    ("PREARBITRATION_WON", True): DisputeWinReported,
    ("PREARBITRATION_ISSUER_WITHDRAWN", True): DisputeWinReported,
    ("SCHEME_ARBITRATION_WON", True): DisputeWinReported,
    ("SECOND_CHARGEBACK", True): DisputeLossReported,
    ("PREARBITRATION_LOST", True): DisputeLossReported,
    ("SCHEME_ARBITRATION_LOST", True): DisputeLossReported,
}
# For these codes only `additionalData` says which of two things was done, or who has won.
_MODIFIED: dict[tuple[str, bool], type[ProviderFact]] = {
    ("cancel", True): VoidReported,
    ("refund", True): RefundReported,
    ("refund", False): RefundReported,
    ("cancel", False): OtherReported,
}
_DECIDED: dict[str, type[ProviderFact]] = {"Won": DisputeWinReported, "Lost": DisputeLossReported}
_BY_DISPUTE_STATUS = ("DISPUTE_DEFENSE_PERIOD_ENDED", "PREARBITRATION_ACCEPTED", "PREARBITRATION_DECLINED")


# Currencies whose minor units at Adyen differ from ISO 4217 (Adyen, Currency codes).
_DIGITS = {"CLP": 2, "CVE": 0, "IDR": 0, "ISK": 2}
# Reason codes of card schemes that decide liability: Visa's 13.x, Mastercard's 48xx.
_REASONS = {
    "13.1": "not_received", "4855": "not_received",
    "13.3": "product_unacceptable", "4853": "product_unacceptable",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CaptureMode:
    """The setting `adyen_capture`: whether an AUTHORISATION is also the capture.

    `manual`, `automatic`, or the merchant accounts with automatic capture, separated by commas.
    """

    setting: str = "manual"

    def is_automatic(self, item: Mapping[str, Any]) -> bool:
        """Returns True if the payment of this notification is captured automatically.

        A payment method without separate capture shows it in `operations`, the list of possible modifications.
        """
        operations = item.get("operations")
        if (
            isinstance(operations, list)
            and "REFUND" in operations
            and not {"CAPTURE", "CANCEL"} & {*map(str, operations)}
        ):
            return True
        accounts = {account.strip() for account in self.setting.split(",")}
        return self.setting == "automatic" or str(item.get("merchantAccountCode")) in accounts - {"manual", ""}


MANUAL = CaptureMode()


def facts_from(body: bytes, key: str, mode: CaptureMode = MANUAL) -> list[PartnerFact]:
    """Returns the facts of a body's notifications. An unreadable notification does not affect the others.

    Raises `SignatureDoesNotMatch` if no notification of the body is signed.
    """
    try:
        content = read_json(body, "Adyen")
        items = items_of(content if isinstance(content, dict) else {})
    except PayloadNotUnderstood as problem:  # a body is not signed as a whole, only its notifications are
        raise SignatureDoesNotMatch(f"The body is not signed: {problem}") from None
    facts: list[PartnerFact] = []
    signed = {id(item) for item in _signed(items, key)}
    for item in items:
        try:
            if id(item) not in signed:
                raise Unreadable("it is not signed with our key, unlike other notifications of its body")
            fact = read_notification(item, mode)
            facts += [*read_further(item, fact), fact]
        except Unreadable as problem:
            facts.append(BodyUnread(PSP, to_json(item), "webhook_unread", {"reason": str(problem)}))
    return facts


def read_notification(item: Mapping[str, Any], mode: CaptureMode = MANUAL) -> ProviderFact:
    """Returns the fact of one notification. Raises `Unreadable`."""
    try:
        return _fact(item, mode)
    except Unreadable:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"not a notification of Adyen: {type(error).__name__} {error}") from None


def read_further(item: Mapping[str, Any], fact: ProviderFact) -> Iterator[ProviderFact]:
    """Yields the opening of a dispute whose first notification is the CHARGEBACK: the reason says who may bear it."""
    if isinstance(fact, DisputeWithdrawalReported) and fact.amount and _reason_code(item):
        yield DisputeOpeningReported(
            psp=PSP,
            message_id=f"{fact.message_id}.opening",
            type=fact.type,
            happened_at=fact.happened_at,
            names=fact.names,
            order=fact.order,
            amount=fact.amount,
            **_opening(item),
        )


def items_of(body: Mapping[str, Any]) -> list[Any]:
    """Returns the notifications of a body; items that are not objects are returned unchanged. Raises `Unreadable`."""
    items = body.get("notificationItems", [])
    if not isinstance(items, list):
        raise Unreadable("notificationItems is not a list")
    return [item["NotificationRequestItem"] if _is_notification(item) else item for item in items]


def _is_notification(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("NotificationRequestItem"), dict)


def _fact(item: Mapping[str, Any], mode: CaptureMode) -> ProviderFact:
    code, success = str(item["eventCode"]), str(item["success"]).lower() == "true"
    kind = _kind(code, success, item, mode)
    reference, original = str(item["pspReference"]), str(item.get("originalReference") or "")
    amount = (
        amount_of(item["amount"]["value"], item["amount"]["currency"], _DIGITS) if kind is not OtherReported else None
    )
    data = item.get("additionalData") or {}
    return kind(
        psp=PSP,
        # Notifications have no id; these three fields identify one.
        message_id=f"{code}.{reference}.{str(success).lower()}",
        type=code,
        happened_at=instant_or_none(read_instant, item.get("eventDate")),
        names=tuple(reference_key(name) for name in (reference, original) if name),
        amount=None if kind is DisputeWinReported else amount,
        order=order_named(data.get("metadata.merchant_id"), data.get("metadata.order_id")),
        **_said(kind, item, mode),
    )


def _kind(code: str, success: bool, item: Mapping[str, Any], mode: CaptureMode) -> type[ProviderFact]:
    """Returns the kind of fact. Raises `Unreadable` if the notification does not say which of two things was done."""
    data = item.get("additionalData") or {}
    if code == "CANCEL_OR_REFUND":
        action = data.get("modification.action")
        if (str(action), success) not in _MODIFIED:
            raise Unreadable(
                f"modification.action of a CANCEL_OR_REFUND is {str(action)[:40]!r}; expected cancel or refund"
            )
        return _MODIFIED[str(action), success]
    if code in _BY_DISPUTE_STATUS and success:
        return _DECIDED.get(str(data.get("disputeStatus")), OtherReported)
    kind = _KINDS.get((code, success), OtherReported)
    return CaptureReported if kind is AuthorisationReported and mode.is_automatic(item) else kind


def _said(kind: type[ProviderFact], item: Mapping[str, Any], mode: CaptureMode) -> dict[str, Any]:
    """Returns the fields of the report without its amount."""
    code, reference = str(item["eventCode"]), str(item["pspReference"])
    payment = str(item.get("originalReference") or "") or reference
    if kind is OtherReported:
        return {}
    if kind is CaptureReported:
        # An automatic capture has only its payment's reference, in every notification.
        name = payment if mode.is_automatic(item) else reference
        return {"payment_id": payment, "psp_ref": name, "capture_ref": name}
    if kind is PaymentFailureReported:
        name = payment if mode.is_automatic(item) else reference
        of_capture = {"capture_ref": name} if code.startswith("CAPTURE") else {}
        return {"payment_id": payment, "psp_ref": reference, "code": _failure(item) or "failed"} | of_capture
    if kind is RefundReported:
        attempt_id = (item.get("additionalData") or {}).get("metadata.attempt_id")
        # If a refund is cancelled before it is paid, its reference is the original of that request.
        name = payment if code == "VOID_PENDING_REFUND" else reference
        outcome = _refund_outcome(item)
        failure = _failure(item) if outcome == "failed" else ""
        return {"outcome": outcome, "psp_refund_ref": name, "attempt_id": attempt_id or None, "code": failure}
    if kind is DisputeOpeningReported:
        return _opening(item)
    if kind is DisputeLossReported:
        return {"dispute_id": reference, "payment_id": payment, "reason": _REASONS.get(_reason_code(item))}
    own = {"dispute_id": reference} if issubclass(kind, DisputeFact) else {"psp_ref": reference}
    return {"payment_id": payment} | own


def _opening(item: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of the opening of a dispute, without its amount."""
    reference = str(item["pspReference"])
    payment = str(item.get("originalReference") or "") or reference
    stage = "inquiry" if str(item["eventCode"]) == "REQUEST_FOR_INFORMATION" else "chargeback"
    due_by = instant_or_none(read_instant, (item.get("additionalData") or {}).get("defensePeriodEndsAt"))
    return {"dispute_id": reference, "payment_id": payment, "stage": stage, "due_by": due_by, **_reason(item)}


def _refund_outcome(item: Mapping[str, Any]) -> str:
    code, success = str(item["eventCode"]), str(item["success"]).lower() == "true"
    if code == "REFUNDED_REVERSED":
        return "reversed"
    return "succeeded" if code in ("REFUND", "REFUND_WITH_DATA", "CANCEL_OR_REFUND") and success else "failed"


def _failure(item: Mapping[str, Any]) -> str:
    """Returns Adyen's reason of a failure, or "". Of a success it gives other texts, such as card digits."""
    reason = item.get("reason")
    return reason.strip()[:_LONGEST_REASON] if isinstance(reason, str) and reason.isprintable() else ""


def _reason(item: Mapping[str, Any]) -> dict[str, str]:
    raw = _reason_code(item)
    return {"reason": _REASONS.get(raw, "general"), "raw_code": raw[:500]}


def _reason_code(item: Mapping[str, Any]) -> str:
    return str((item.get("additionalData") or {}).get("chargebackReasonCode") or "")


def _signed(items: Iterable[Any], key: str) -> list[Mapping[str, Any]]:
    """Returns the signed notifications. Raises `SignatureDoesNotMatch` if there is none.

    Each has its own signature: base64 of the HMAC-SHA256 under the hexadecimal key, over eight fields joined by colons
    (Adyen, Verify HMAC signatures).
    """
    signed: list[Mapping[str, Any]] = [item for item in items if isinstance(item, dict) and _is_signed(item, key)]
    if not signed:
        raise SignatureDoesNotMatch(
            "The body holds no notification whose hmacSignature matches its fields and our key."
        )
    return signed


def _is_signed(item: Mapping[str, Any], key: str) -> bool:
    given = str(_object(item, "additionalData").get("hmacSignature") or "")
    return hmac.compare_digest(signature_of(item, key).encode(), given.encode())


def signature_of(item: Mapping[str, Any], key: str) -> str:
    """Returns the signature that Adyen gives a notification."""
    amount = _object(item, "amount")
    fields = (
        item.get("pspReference"),
        item.get("originalReference"),
        item.get("merchantAccountCode"),
        item.get("merchantReference"),
        amount.get("value"),
        amount.get("currency"),
        item.get("eventCode"),
        item.get("success"),
    )
    text = ":".join("" if field is None else str(field) for field in fields)
    return b64encode(hmac.digest(bytes.fromhex(key), text.encode(), hashlib.sha256)).decode()


def _object(item: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Returns the object of this name, or an empty one: an unsigned body may hold anything."""
    found = item.get(name)
    return found if isinstance(found, dict) else {}
