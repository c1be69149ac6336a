"""An issuer of OpenID Connect on the loopback: its discovery document, its keys, and its tokens, also bad ones.

It signs with another library than the service verifies with.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import time
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

AUDIENCE = "https://ledger.example"
Key = RSAKey | ECKey


class LoopbackIssuer:
    """Serves its documents until it is stopped. `asked` are the paths that were asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.forms: list[dict[str, str]] = []  # that were sent
        self.keys: dict[str, Key] = {"k1": RSAKey.generate_key(2048)}
        self.changed: dict[str, Any] = {}  # fields of the discovery document
        self.more: list[dict[str, Any]] = []  # published beside the keys
        self.redirects_to = ""
        self.drips = False  # sends a byte every fifty milliseconds
        self._stopped = Event()
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                self.answer(302 if issuer.redirects_to else 200, issuer.document(self.path))

            def answer(self, status: int, document: dict[str, Any]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                if issuer.redirects_to:
                    self.send_header("Location", issuer.redirects_to)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                for part in (body[n : n + 1] for n in range(len(body))) if issuer.drips else [body]:
                    self.wfile.write(part)
                    if issuer.drips and issuer._stopped.wait(0.05):
                        return

            def do_POST(self) -> None:
                sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
                issuer.forms.append(dict(parse_qsl(sent)))
                self.answer(*issuer.taken(self.path, issuer.forms[-1]))

            def log_message(self, *_: Any) -> None:
                """Prints nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = Thread(target=self._server.serve_forever, name="issuer of a test")
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def document(self, path: str) -> dict[str, Any]:
        if path == "/keys":
            published = [key.as_dict(private=False, kid=id, use="sig") for id, key in self.keys.items()]
            return {"keys": [*published, *self.more]}
        return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"} | self.changed

    def taken(self, path: str, form: dict[str, str]) -> tuple[int, dict[str, Any]]:  # noqa: ARG002
        """The status and the answer to a form."""
        return 200, self.document(path)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """The claims of a good token of `fay` for the next five minutes; a change to None leaves a claim out."""
        now = int(time())
        found = {"iss": self.url, "aud": AUDIENCE, "sub": "fay", "iat": now, "exp": now + 300, "roles": ["finance"]}
        return {name: value for name, value in (found | changed).items() if value is not None}

    def token(self, *, by: Key | None = None, header: dict[str, Any] | None = None, **changed: Any) -> str:
        """A token, signed by the first key unless another is given."""
        id, key = next(iter(self.keys.items()))
        named = {"alg": "RS256", "kid": id} | (header or {})
        wanted = {name: value for name, value in named.items() if value is not None}
        return jwt.encode(wanted, self.claims(**changed), by or key, algorithms=[str(named["alg"])])

    def by_hand(self, header: Any, claims: Any) -> str:
        """A token with a good signature over what the library would not sign."""
        text = parts(header, claims).rstrip(".")
        key = load_pem_private_key(self.keys["k1"].as_pem(private=True), None)
        assert isinstance(key, RSAPrivateKey)
        signature = key.sign(text.encode(), PKCS1v15(), SHA256())
        return f"{text}.{urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def parts(*objects: Any, signature: bytes = b"") -> str:
    """A token that is put together by hand."""
    encoded = [json.dumps(each).encode() for each in objects] + [signature]
    return ".".join(urlsafe_b64encode(each).rstrip(b"=").decode() for each in encoded)


Started = TypeVar("Started", bound=LoopbackIssuer)


def running_issuer() -> AbstractContextManager[LoopbackIssuer]:
    return running(LoopbackIssuer)


@contextmanager
def running(kind: type[Started]) -> Iterator[Started]:
    """Yields an issuer of this kind, which is stopped at the end of the block."""
    issuer = kind()
    try:
        yield issuer
    finally:
        issuer.stop()
