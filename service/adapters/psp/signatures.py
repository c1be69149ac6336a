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


def expect_adyen_signatures(items: Iterable[Mapping[str, Any]], key: str) -> None:
    """Each notification is signed by itself: base64 of the HMAC-SHA256 under the hexadecimal key, over eight fields
    with colons between them (Adyen, Verify HMAC signatures). Raises `SignatureDoesNotMatch`.
    """
    signed = 0
    for item in items:
        expected = adyen_signature(item, key)
        given = str(_object(item, "additionalData").get("hmacSignature") or "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise SignatureDoesNotMatch("A notification's hmacSignature is not that of its fields under our key.")
        signed += 1
    if not signed:
        raise SignatureDoesNotMatch("The body holds no notification, so that nothing in it is signed.")


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
