"""Checks the signatures of providers' messages: Stripe's header, and Adyen's signature in each notification."""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from service.adapters.refused_bodies import SignatureDoesNotMatch

STRIPE_HEADER = "stripe-signature"
_STAMP = re.compile(r"[0-9]{1,12}")  # seconds since 1970
_TOLERANCE = timedelta(minutes=5)  # Stripe's own tolerance: an older body may be a replay


def expect_stripe_signature(body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> None:
    """Checks `t=<seconds>,v1=<hex>…`, the HMAC-SHA256 of `t.body` (Stripe, Verify webhook signatures manually).

    While a secret is being changed there is one `v1` for each secret. Raises `SignatureDoesNotMatch`.
    """
    given = next((value for name, value in headers.items() if name.lower() == STRIPE_HEADER), None)
    if given is None:
        raise SignatureDoesNotMatch(f"The webhook has no {STRIPE_HEADER} header, so that its sender is not known.")
    parts = [part.strip().partition("=") for part in given.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(expected.encode(), value.encode()) for name, _, value in parts if name == "v1"):
        raise SignatureDoesNotMatch(f"The webhook's {STRIPE_HEADER} does not match its body and our secret.")
    if not _STAMP.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) > _TOLERANCE.total_seconds():
        raise SignatureDoesNotMatch(
            f"The webhook was signed at {stamp[:20]!r}, more than {_TOLERANCE} from now: it may be a replay."
        )


def signed_by_adyen(items: Iterable[Any], key: str) -> list[Mapping[str, Any]]:
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
    return hmac.compare_digest(adyen_signature(item, key).encode(), given.encode())


def adyen_signature(item: Mapping[str, Any], key: str) -> str:
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
