"""Drafts: the fields of a form in an address, sealed with the session's own key.

Each page of a command is then asked by its address, so that Back and Reload send no form again. Nobody else reads the
fields there, in a log or in a history, and nobody else makes such an address.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode
from zlib import compress, decompress

from cryptography.fernet import Fernet, InvalidToken
from fastapi.responses import RedirectResponse, Response

from service.console.page import Page
from service.console.session import ProofMissing

DRAFT = "draft"  # the parameter of an address
LONGEST = 3_500  # letters; sign-in leads back to addresses of 4,000


def sealed(token: str, fields: Mapping[str, str]) -> str:
    """Returns the fields as a text for an address of this session."""
    return _seal_of(token).encrypt(compress(urlencode(fields).encode())).decode()


def opened(token: str, draft: str) -> dict[str, str]:
    """Returns the fields of a draft. Raises `ProofMissing` if it is not of this session."""
    try:
        return dict(parse_qsl(decompress(_seal_of(token).decrypt(draft)).decode()))
    except InvalidToken:
        raise ProofMissing from None


def led_to(page: Page, path: str, fields: Mapping[str, str]) -> Response | None:
    """Returns the way to the page of these fields, or None if its address would be too long."""
    draft = sealed(page.token, fields)
    return RedirectResponse(page.linker.page(path, **{DRAFT: draft}), 303) if len(draft) <= LONGEST else None


def _seal_of(token: str) -> Fernet:
    return Fernet(urlsafe_b64encode(hmac.new(token.encode(), b"a draft of the console", sha256).digest()))
