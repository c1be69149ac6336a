"""The secrets and the headers of Standard Webhooks (standardwebhooks.com): the id, the instant and the signatures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime
from secrets import token_bytes

from standardwebhooks import Webhook

_SECRET_BYTES = 32  # the specification takes 24 to 64


def new_secret() -> str:
    """Returns a new random secret: `whsec_` and base64."""
    return f"whsec_{b64encode(token_bytes(_SECRET_BYTES)).decode()}"


def signed_headers(id: str, body: str, *, at: datetime, secrets: Sequence[str]) -> dict[str, str]:
    """Returns the three headers of a message, with a signature for each secret: during a rotation there are two.

    `at` is in UTC, because the library reads every instant as UTC.
    """
    signatures = (Webhook(secret).sign(id, at, body) for secret in secrets)
    return {
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
