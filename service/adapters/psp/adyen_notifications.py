"""Adyen's notifications. Orders are named by the metadata `merchant_id` and `order_id` in `additionalData`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from service.adapters.psp.facts import FactKind, ProviderFact, Unreadable, amount_of

PSP = "adyen"
# Adyen's event codes by whether they tell of a success.
_KINDS: dict[tuple[str, bool], FactKind] = {
    ("AUTHORISATION", True): "authorised",
    ("AUTHORISATION", False): "failed",
    ("CAPTURE", True): "captured",
    ("CAPTURE", False): "failed",
    ("CAPTURE_FAILED", True): "failed",
    ("CANCELLATION", True): "voided",
    ("TECHNICAL_CANCEL", True): "voided",
    ("REFUND", True): "refund",
    ("REFUND", False): "refund",
    ("REFUND_FAILED", True): "refund",
    ("REFUNDED_REVERSED", True): "refund",
    ("NOTIFICATION_OF_CHARGEBACK", True): "dispute_opened",
    ("REQUEST_FOR_INFORMATION", True): "dispute_opened",
    ("CHARGEBACK", True): "dispute_withdrawn",
    ("CHARGEBACK_REVERSED", True): "dispute_won",
    ("SECOND_CHARGEBACK", True): "dispute_lost",
    ("PREARBITRATION_WON", True): "dispute_won",
    ("PREARBITRATION_LOST", True): "dispute_lost",
}


def read_notifications(body: Mapping[str, Any]) -> Iterator[ProviderFact]:
    """The facts of one body, which may hold several; none of a body about something else. Raises `Unreadable`."""
    items = body.get("notificationItems", [])
    if not isinstance(items, list):
        raise Unreadable("notificationItems is no list")
    for item in items:
        try:
            yield _fact(item["NotificationRequestItem"])
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"no notification of Adyen's: {type(error).__name__} {error}") from None


def _fact(item: Mapping[str, Any]) -> ProviderFact:
    code, success = str(item["eventCode"]), str(item["success"]) == "true"
    kind = _KINDS.get((code, success), "other")
    reference, original = str(item["pspReference"]), str(item.get("originalReference") or "")
    amount = amount_of(item["amount"]["value"], item["amount"]["currency"]) if kind != "other" else None
    payment = original or reference
    said: dict[str, Any] = {"amount": amount}
    match kind:
        case "authorised" | "voided":
            said |= {"payment_id": payment, "psp_ref": reference}
        case "captured":
            said |= {"payment_id": payment, "psp_ref": reference, "capture_ref": reference}
        case "failed":
            said |= {"payment_id": payment, "psp_ref": reference, "code": "failed"}
            said |= {"capture_ref": reference} if code.startswith("CAPTURE") else {}
        case "refund":
            outcome = (
                "reversed" if code == "REFUNDED_REVERSED" else "succeeded" if code == "REFUND" and success else "failed"
            )
            said |= {"outcome": outcome, "psp_refund_ref": reference}
        case "dispute_opened":
            said |= {"dispute_id": reference, "stage": "inquiry", "reason": "general"}
        case "dispute_withdrawn" | "dispute_lost":
            said |= {"dispute_id": reference}
        case "dispute_won":
            said = {"dispute_id": reference}
    return ProviderFact(
        psp=PSP,
        message_id=f"{code}.{reference}.{str(success).lower()}",  # there is no id: these three tell one apart
        kind=kind,
        type=code,
        happened_at=_instant(item["eventDate"]),
        names=tuple(name for name in (reference, original) if name),
        said=said,
        amount=amount,
        order=_order(item.get("additionalData") or {}),
    )


def _instant(text: Any) -> datetime:
    instant = datetime.fromisoformat(str(text))
    if instant.tzinfo is None:
        raise Unreadable(f"{text!r} names no zone")
    return instant


def _order(data: Mapping[str, Any]) -> tuple[str, str] | None:
    merchant, order = data.get("metadata.merchant_id"), data.get("metadata.order_id")
    return (merchant, order) if merchant and order else None
