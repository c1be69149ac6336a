"""Checks the webhook signatures of tracking providers (HMAC)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from unicodedata import normalize

from service.adapters.refused_bodies import SignatureDoesNotMatch

_AFTERSHIP = "aftership-hmac-sha256"
_EASYPOST = "x-hmac-signature"


def expect_aftership_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Checks the base64 HMAC-SHA256 of the body (AfterShip, Webhook Signature). Raises `SignatureDoesNotMatch`."""
    expected = b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    _expect(expected, headers, _AFTERSHIP)


def expect_easypost_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Checks `hmac-sha256-hex=` with the HMAC-SHA256 under the NFKD-normalised secret (EasyPost, Webhooks).

    Raises `SignatureDoesNotMatch`.
    """
    key = normalize("NFKD", secret).encode()
    _expect(f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}", headers, _EASYPOST)


def _expect(expected: str, headers: Mapping[str, str], header: str) -> None:
    given = next((value for name, value in headers.items() if name.lower() == header), None)
    if given is None:
        raise SignatureDoesNotMatch(f"The webhook has no {header} header, so that its sender is not known.")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise SignatureDoesNotMatch(f"The webhook's {header} does not match its body and our secret.")
