"""The code flow of OpenID Connect: the address where a person signs in, and the tokens for the code that the browser
brings back. Only who began a sign-in can complete it (PKCE, RFC 7636).
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import urlencode

from service.access.issuer import Client
from service.access.issuer_keys import fetched


@dataclass(frozen=True, slots=True)
class CodeFlow:
    """One sign-in that was begun. `state` comes back with the code, and `nonce` in the identity token."""

    state: str
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)

    @classmethod
    def begun(cls) -> CodeFlow:
        return cls(token_urlsafe(24), token_urlsafe(24), token_urlsafe(48))

    def address(self, client: Client, places: Mapping[str, Any], way_back: str) -> str:
        """Returns the address of the issuer's page. `places` is the discovery document."""
        asked = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": way_back,
            "scope": "openid profile email",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        page = str(places.get("authorization_endpoint"))
        return f"{page}{'&' if '?' in page else '?'}{urlencode(asked)}"

    def tokens(
        self, client: Client, places: Mapping[str, Any], *, code: str, way_back: str, within_s: float
    ) -> dict[str, str]:
        """Returns the issuer's tokens for the code, by their names. Raises OSError and ValueError."""
        form = {"grant_type": "authorization_code", "client_id": client.id, "code": code}
        form |= {"redirect_uri": way_back, "code_verifier": self.verifier}
        form |= {"client_secret": client.secret} if client.secret else {}
        found = fetched(str(places.get("token_endpoint")), within_s=within_s, form=form)
        return {name: found[name] for name in ("access_token", "id_token") if isinstance(found.get(name), str)}
