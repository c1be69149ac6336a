"""Reads Adyen's notifications. The metadata `merchant_id` and `order_id` in `additionalData` name the order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.instants import read_instant
from ledger.references import reference_key
from service.adapters.psp.facts import FactKind, ProviderFact, Unreadable, amount_of, instant_or_none, order_named

PSP = "adyen"
# Adyen's event codes (Webhooks, Event codes), by success. Other codes are kept as `other`.
_KINDS: dict[tuple[str, bool], FactKind] = {
    ("AUTHORISATION", True): "authorised",
    ("AUTHORISATION", False): "failed",
    ("CAPTURE", True): "captured",
    ("CAPTURE", False): "failed",
    ("CAPTURE_FAILED", True): "failed",
    ("CANCELLATION", True): "voided",
    ("TECHNICAL_CANCEL", True): "voided",
    ("EXPIRE", True): "expired",
    ("REFUND", True): "refund",
    ("REFUND", False): "refund",
    ("REFUND_WITH_DATA", True): "refund",
    ("REFUND_WITH_DATA", False): "refund",
    ("REFUND_FAILED", True): "refund",
    ("REFUNDED_REVERSED", True): "refund",
    ("VOID_PENDING_REFUND", True): "refund",
    ("NOTIFICATION_OF_CHARGEBACK", True): "dispute_opened",
    ("REQUEST_FOR_INFORMATION", True): "dispute_opened",
    ("CHARGEBACK", True): "dispute_withdrawn",
    ("CHARGEBACK_REVERSED", True): "dispute_won",
    ("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", True): "dispute_won",
    ("PREARBITRATION_WON", True): "dispute_won",
    ("PREARBITRATION_ISSUER_WITHDRAWN", True): "dispute_won",
    ("SCHEME_ARBITRATION_WON", True): "dispute_won",
    ("SECOND_CHARGEBACK", True): "dispute_lost",
    ("PREARBITRATION_LOST", True): "dispute_lost",
    ("SCHEME_ARBITRATION_LOST", True): "dispute_lost",
}
# For these codes only `additionalData` says which of two things was done, or who has won.
_MODIFIED: dict[tuple[str, bool], FactKind] = {
    ("cancel", True): "voided",
    ("refund", True): "refund",
    ("refund", False): "refund",
    ("cancel", False): "other",
}
_DECIDED: dict[str, FactKind] = {"Won": "dispute_won", "Lost": "dispute_lost"}
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


def read_notification(item: Mapping[str, Any], mode: CaptureMode = MANUAL) -> ProviderFact:
    """Returns the fact of one notification. Raises `Unreadable`."""
    try:
        return _fact(item, mode)
    except Unreadable:
        raise
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unreadable(f"not a notification of Adyen: {type(error).__name__} {error}") from None


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
    amount = amount_of(item["amount"]["value"], item["amount"]["currency"], _DIGITS) if kind != "other" else None
    data = item.get("additionalData") or {}
    return ProviderFact(
        psp=PSP,
        # Notifications have no id; these three fields identify one.
        message_id=f"{code}.{reference}.{str(success).lower()}",
        kind=kind,
        type=code,
        happened_at=instant_or_none(read_instant, item.get("eventDate")),
        names=tuple(reference_key(name) for name in (reference, original) if name),
        said=_said(kind, item, mode) | ({} if kind == "dispute_won" else {"amount": amount}),
        amount=amount,
        order=order_named(data.get("metadata.merchant_id"), data.get("metadata.order_id")),
    )


def _kind(code: str, success: bool, item: Mapping[str, Any], mode: CaptureMode) -> FactKind:
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
        return _DECIDED.get(str(data.get("disputeStatus")), "other")
    kind = _KINDS.get((code, success), "other")
    return "captured" if kind == "authorised" and mode.is_automatic(item) else kind


def _said(kind: FactKind, item: Mapping[str, Any], mode: CaptureMode) -> dict[str, Any]:
    """Returns the fields of the report without its amount."""
    code, reference = str(item["eventCode"]), str(item["pspReference"])
    payment = str(item.get("originalReference") or "") or reference
    match kind:
        case "authorised" | "voided" | "expired":
            return {"payment_id": payment, "psp_ref": reference}
        case "captured":
            # An automatic capture has only its payment's reference, in every notification.
            name = payment if mode.is_automatic(item) else reference
            return {"payment_id": payment, "psp_ref": name, "capture_ref": name}
        case "failed":
            of_capture = {"capture_ref": reference} if code.startswith("CAPTURE") else {}
            return {"payment_id": payment, "psp_ref": reference, "code": "failed"} | of_capture
        case "refund":
            attempt_id = (item.get("additionalData") or {}).get("metadata.attempt_id")
            # If a refund is cancelled before it is paid, its reference is the original of that request.
            name = payment if code == "VOID_PENDING_REFUND" else reference
            named = {"psp_refund_ref": name, "attempt_id": attempt_id or None}
            return {"outcome": _refund_outcome(item)} | named
        case "dispute_opened":
            stage = "inquiry" if code == "REQUEST_FOR_INFORMATION" else "chargeback"
            return {"dispute_id": reference, "payment_id": payment, "stage": stage, **_reason(item)}
        case "dispute_withdrawn" | "dispute_lost" | "dispute_won":
            return {"dispute_id": reference, "payment_id": payment}
    return {}


def _refund_outcome(item: Mapping[str, Any]) -> str:
    code, success = str(item["eventCode"]), str(item["success"]).lower() == "true"
    if code == "REFUNDED_REVERSED":
        return "reversed"
    return "succeeded" if code in ("REFUND", "REFUND_WITH_DATA", "CANCEL_OR_REFUND") and success else "failed"


def _reason(item: Mapping[str, Any]) -> dict[str, str]:
    raw = str((item.get("additionalData") or {}).get("chargebackReasonCode") or "")
    return {"reason": _REASONS.get(raw, "general"), "raw_code": raw[:500]}
