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
_LONGEST = 3_500  # letters; sign-in leads back to addresses of 4,000


def led_to(page: Page, path: str, fields: Mapping[str, str]) -> Response | None:
    """Returns the way to the page of these fields, or None if its address would be too long."""
    draft = _seal_of(page, path).encrypt(compress(urlencode(fields).encode())).decode()
    return RedirectResponse(page.linker.page(path, **{DRAFT: draft}), 303) if len(draft) <= _LONGEST else None


def opened(page: Page, path: str) -> dict[str, str]:
    """Returns the fields of the draft in the page's address. Raises `ProofMissing` if it is not of this session, or of
    another page than the one with this path."""
    try:
        draft = _seal_of(page, path).decrypt(page.request.query_params.get(DRAFT, ""))
    except InvalidToken:
        raise ProofMissing from None
    return dict(parse_qsl(decompress(draft).decode()))


def _seal_of(page: Page, path: str) -> Fernet:
    about = f"a draft of the console for {path}"
    return Fernet(urlsafe_b64encode(hmac.new(page.token.encode(), about.encode(), sha256).digest()))
