"""The discovery document of an issuer and its public keys, which are fetched again when they are rotated."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from http.client import HTTPException
from threading import Lock
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from jwt import PyJWK, PyJWTError

from service.access.issuer import is_protected

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
FETCH_EVERY_S = 30.0  # at most: a stranger who invents key ids makes us fetch no oftener
FRESH_FOR_S = 600.0  # a key that the issuer withdrew is refused after this time
FETCH_WITHIN_S = 3.0
LONGEST_BYTES = 1_048_576
_DISCOVERY = "/.well-known/openid-configuration"
_logger = logging.getLogger(__name__)
T = TypeVar("T")


class IssuerUnreachable(Exception):
    """The issuer does not answer, and what it publishes is not known yet. `Retry-After` gives the time to wait."""

    def __init__(self, wait_s: float) -> None:
        super().__init__("The issuer does not answer. Try again later.")
        self.wait_s = wait_s


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        """Refuses: an issuer that leads elsewhere is set up wrong, or taken over."""


_OPENERS = {"https": build_opener(_NoRedirect), "http": build_opener(ProxyHandler({}), _NoRedirect)}


def fetched(url: str, *, within_s: float = FETCH_WITHIN_S, form: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Returns the JSON object at the address, or the answer to a form. Raises OSError and ValueError, also if it comes
    too slowly.
    """
    if not is_protected(url):
        raise ValueError(f"{url[:200]!r} is no https address")
    deadline, text = monotonic() + within_s, b""
    sent = urlencode(form).encode() if form else None
    request = Request(url, data=sent, headers={"Accept": "application/json"})
    try:
        with _OPENERS[urlsplit(url).scheme].open(request, timeout=within_s) as answer:
            while part := answer.read1(LONGEST_BYTES):  # not more than has come: `timeout` is of each step alone
                text += part
                if len(text) > LONGEST_BYTES:
                    raise ValueError(f"{url} has more than {LONGEST_BYTES} bytes")
                if monotonic() > deadline:
                    raise TimeoutError(f"{url} was not read in {within_s:g} s")
        found = json.loads(text)
    except (HTTPException, RecursionError) as error:
        raise ValueError(f"{url} is not readable: {type(error).__name__}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{url} has no JSON object")
    return found


def discovered(issuer: str, fetch: Callable[[str], dict[str, Any]] = fetched) -> dict[str, Any]:
    """Returns the discovery document of the issuer. Raises OSError and ValueError."""
    document = fetch(issuer.rstrip("/") + _DISCOVERY)
    if document.get("issuer") != issuer:
        raise ValueError(f"its discovery document is of the issuer {str(document.get('issuer'))[:200]!r}")
    return document


class IssuerKeys:
    """Keys by their id, and the discovery document. Safe to share between threads; one of them fetches, and only who
    needs a new key waits."""

    def __init__(
        self,
        issuer: str,
        *,
        fetch: Callable[[str], dict[str, Any]] = fetched,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._issuer, self._fetch, self._monotonic = issuer, fetch, monotonic
        self._keys: dict[str, PyJWK] = {}
        self._places: dict[str, Any] | None = None
        self._fetched_at = self._tried_at = float("-inf")
        self._failed = False
        self._fetching = Lock()

    def key(self, id: str | None) -> PyJWK | None:
        """Returns the key of this id, or None if the issuer has none; without an id, its only key.

        Raises `IssuerUnreachable` if the key is not known and the issuer does not answer.
        """
        return self._read(lambda: self._known(id))

    def places(self) -> Mapping[str, Any]:
        """Returns the discovery document, which names the issuer's endpoints. Raises `IssuerUnreachable`."""
        return self._read(lambda: self._places) or {}

    def _read(self, known: Callable[[], T | None]) -> T | None:
        """Returns what is known, after another fetch if it is not known or no longer fresh."""
        found = known()
        if found is None:
            if not self._fetching.acquire(timeout=2 * FETCH_WITHIN_S):  # for the two documents
                raise IssuerUnreachable(self._wait_s)
            try:
                if (found := known()) is None:  # another thread may have fetched it
                    self._fetch_again()
                    found = known()
            finally:
                self._fetching.release()
        elif self._monotonic() - self._fetched_at >= FRESH_FOR_S and self._fetching.acquire(blocking=False):
            try:
                self._fetch_again()
            finally:
                self._fetching.release()
            found = known()
        if found is None and self._failed:
            raise IssuerUnreachable(self._wait_s)
        return found

    @property
    def _wait_s(self) -> float:
        """Seconds until the keys may be fetched again."""
        return self._tried_at + FETCH_EVERY_S - self._monotonic()

    def _known(self, id: str | None) -> PyJWK | None:
        keys = self._keys
        if id is None:
            return next(iter(keys.values())) if len(keys) == 1 else None
        return keys.get(id)

    def _fetch_again(self) -> None:
        """Fetches the keys, unless that was tried just now. A failure leaves the known keys as they are."""
        now = self._monotonic()
        if now - self._tried_at < FETCH_EVERY_S:
            return
        self._tried_at = now
        try:
            self._places, self._keys = self._found()
        except (OSError, ValueError) as error:
            self._failed = True
            _logger.warning("The keys of the issuer %s could not be fetched: %s", self._issuer, error)
            return
        self._failed, self._fetched_at = False, now

    def _found(self) -> tuple[dict[str, Any], dict[str, PyJWK]]:
        document = discovered(self._issuer, self._fetch)
        listed = self._fetch(str(document.get("jwks_uri"))).get("keys")
        if not isinstance(listed, list):
            raise ValueError("its document of keys has no list of keys")
        return document, dict(filter(None, map(_usable, listed)))


def _usable(entry: Any) -> tuple[str, PyJWK] | None:
    """Returns the id and the key, or None for a key that signs nothing for us: for encryption, of a secret, unknown."""
    if not isinstance(entry, dict) or entry.get("use", "sig") != "sig" or entry.get("kty") == "oct":
        return None
    try:
        key = PyJWK.from_dict(entry)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    return (str(entry.get("kid", "")), key) if key.algorithm_name in ALGORITHMS else None
