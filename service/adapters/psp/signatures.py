"""Whether a message comes from the provider it says: Stripe's signed header, Adyen's signature in each notification."""

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
_TOLERANCE = timedelta(minutes=5)  # Stripe's own: a body held back longer than that may be somebody's replay


def expect_stripe_signature(body: bytes, headers: Mapping[str, str], secret: str, *, now: datetime) -> None:
    """`t=<seconds>,v1=<hex>…` over `t.body` by HMAC-SHA256 (Stripe, Verify webhook signatures manually).

    There is one `v1` for each secret while a secret is being changed. Raises `SignatureDoesNotMatch`.
    """
    given = next((value for name, value in headers.items() if name.lower() == STRIPE_HEADER), None)
    if given is None:
        raise SignatureDoesNotMatch(f"The webhook has no {STRIPE_HEADER} header, so nobody can say who sent it.")
    parts = [part.strip().partition("=") for part in given.split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not any(hmac.compare_digest(expected.encode(), value.encode()) for name, _, value in parts if name == "v1"):
        raise SignatureDoesNotMatch(f"The webhook's {STRIPE_HEADER} is not that of its body under our secret.")
    if not _STAMP.fullmatch(stamp) or abs(now.timestamp() - int(stamp)) > _TOLERANCE.total_seconds():
        raise SignatureDoesNotMatch(
            f"The webhook was signed at {stamp[:20]!r}, more than {_TOLERANCE} from now: it may be a replay."
        )


def signed_by_adyen(items: Iterable[Any], key: str) -> list[Mapping[str, Any]]:
    """Returns the notifications that are signed. Raises `SignatureDoesNotMatch` where none is.

    Each is signed by itself: base64 of the HMAC-SHA256 under the hexadecimal key, over eight fields with colons between
    them (Adyen, Verify HMAC signatures).
    """
    signed: list[Mapping[str, Any]] = [item for item in items if isinstance(item, dict) and _is_signed(item, key)]
    if not signed:
        raise SignatureDoesNotMatch("The body holds no notification whose hmacSignature is that of its fields.")
    return signed


def _is_signed(item: Mapping[str, Any], key: str) -> bool:
    given = str(_object(item, "additionalData").get("hmacSignature") or "")
    return hmac.compare_digest(adyen_signature(item, key).encode(), given.encode())


def adyen_signature(item: Mapping[str, Any], key: str) -> str:
    """What Adyen writes into a notification."""
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
    """The object of this name, an empty one if it is none: nobody may have signed the body."""
    found = item.get(name)
    return found if isinstance(found, dict) else {}
