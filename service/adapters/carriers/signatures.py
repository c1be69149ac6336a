"""Whether a webhook comes from whom it says: the providers' HMAC schemes."""

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
    """Base64 of the body's HMAC-SHA256 (AfterShip, Webhook Signature). Raises `SignatureDoesNotMatch`."""
    expected = b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    _expect(expected, headers, _AFTERSHIP)


def expect_easypost_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """`hmac-sha256-hex=` and the hexadecimal HMAC-SHA256 under the NFKD-normalised secret (EasyPost, Webhooks).

    Raises `SignatureDoesNotMatch`.
    """
    key = normalize("NFKD", secret).encode()
    _expect(f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}", headers, _EASYPOST)


def _expect(expected: str, headers: Mapping[str, str], header: str) -> None:
    given = next((value for name, value in headers.items() if name.lower() == header), None)
    if given is None:
        raise SignatureDoesNotMatch(f"The webhook has no {header} header, so nobody can say who sent it.")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise SignatureDoesNotMatch(f"The webhook's {header} is not that of its body under our secret.")
