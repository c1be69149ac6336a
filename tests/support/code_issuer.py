"""An issuer on the loopback that keeps to the code flow: a code is good once, for who asked for it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.support.issuer import AUDIENCE, LoopbackIssuer


class CodeIssuer(LoopbackIssuer):
    """Remembers what each code was asked with."""

    def __init__(self) -> None:
        super().__init__()
        self._codes: dict[str, tuple[dict[str, str], dict[str, Any]]] = {}

    def document(self, path: str) -> dict[str, Any]:
        places = {f"{name}_endpoint": f"{self.url}/{name}" for name in ("authorization", "token")}
        return super().document(path) | ({} if path == "/keys" else places)

    def sends_back(self, page: str, **claims: Any) -> dict[str, str]:
        """The parameters that a person's browser brings back from the page. `claims` change the identity token."""
        asked = dict(parse_qsl(urlsplit(page).query))
        assert page.startswith(f"{self.url}/authorization?"), page
        assert (asked["client_id"], asked["response_type"]) == (AUDIENCE, "code")
        code = token_urlsafe()
        self._codes[code] = asked, claims
        return {"code": code, "state": asked["state"], "iss": self.url, "session_state": "of the issuer"}

    def taken(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked, claims = self._codes.pop(form.get("code", ""), ({}, {}))
        challenge = urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=").decode()
        same = (asked.get("code_challenge"), asked.get("redirect_uri")) == (challenge, form.get("redirect_uri"))
        if path != "/token" or not same:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "opaque", "id_token": self.token(**{"nonce": asked["nonce"]} | claims)}
