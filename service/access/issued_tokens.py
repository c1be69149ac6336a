"""JSON Web Tokens of an OpenID Connect issuer: access tokens of the account that an admin opened for their subject."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from threading import Lock
from time import monotonic
from typing import Any, NamedTuple

import jwt

from ledger.ids import is_id
from ledger.recent import keep
from ledger.streams.access import AccessAccount
from service.access.gate import REVOKED_WITHIN_S, Bearer, TokenRefused
from service.access.issuer import Issuer, claim_in, issuer_of
from service.access.issuer_keys import ALGORITHMS, IssuerKeys
from service.access.tokens import account_of
from service.app import App

LONGEST_TOKEN = 8_192  # letters; a longer one is refused before it is read
CLOCK_SKEW_S = 60
_KINDS = (None, "jwt", "at+jwt", "application/at+jwt")  # RFC 8725 §3.11: a logout token opens nothing
_MOST_REMEMBERED = 10_000


def account_of_subject(issuer: str, subject: str) -> str:
    """Returns the id of a subject's account: `oidc:`, eight digits of the issuer's SHA-256, and the subject, or its own
    digest if it has letters that no id has. So no two issuers and no local account are one person by accident."""
    prefix = f"oidc:{sha256(issuer.encode()).hexdigest()[:8]}"
    readable = f"{prefix}:{subject}"
    if is_id(readable):
        return readable
    return f"{prefix}+{sha256(subject.encode()).hexdigest()[:40]}"


def issued_tokens(app: App) -> IssuedTokens | None:
    """Returns the check of the issuer of the settings, or None if none is set."""
    issuer = issuer_of(app.settings)
    if issuer is None:
        return None
    return IssuedTokens(
        issuer, IssuerKeys(issuer.url), lambda id: account_of(app.ledger, id), now=lambda: app.clock().timestamp()
    )


class _Opened(NamedTuple):
    bearer: Bearer
    expires_at: float
    read_at: float


class IssuedTokens:
    """Checks the tokens of one issuer. An account is asked for again after `REVOKED_WITHIN_S`."""

    def __init__(
        self,
        issuer: Issuer,
        keys: IssuerKeys,
        account: Callable[[str], AccessAccount],
        *,
        now: Callable[[], float],
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self.issuer, self.keys, self._account = issuer, keys, account
        self._now, self._monotonic = now, monotonic
        self._opened: OrderedDict[str, _Opened] = OrderedDict()
        self._lock = Lock()

    def takes(self, text: str) -> bool:
        """True if the text has the form of such a token: three parts in Base64, the first of them an object."""
        return text.startswith("eyJ") and text.count(".") == 2

    def bearer_of(self, text: str) -> Bearer:
        """Returns the account that the token opens. Raises `TokenRefused` and `IssuerUnreachable`."""
        started = self._monotonic()
        if len(text) > LONGEST_TOKEN:
            raise TokenRefused(f"This token is longer than {LONGEST_TOKEN} letters.")
        claims = self._claims_in(text, audience=self.issuer.audience)
        bearer = self._bearer(claims, text)
        with self._lock:
            keep(self._opened, _digest(text), _Opened(bearer, float(claims["exp"]), started), most=_MOST_REMEMBERED)
        return bearer

    def expect_identity(self, text: str, client: str, nonce: str) -> None:
        """Raises `TokenRefused` unless the text is an identity token for this client, made for the sign-in with this
        nonce (OpenID Connect Core 1.0, §3.1.3.7)."""
        claims = self._claims_in(text, audience=client)
        if claims.get("azp", client) != client:
            raise TokenRefused("This identity token was made for another client.")
        if not compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise TokenRefused("This identity token belongs to another sign-in.")

    def remembered(self, text: str) -> Bearer | None:
        """Returns the account that the token opened a moment ago, or None."""
        with self._lock:
            found = self._opened.get(_digest(text)) if len(text) <= LONGEST_TOKEN else None
        if found is None or self._monotonic() - found.read_at >= REVOKED_WITHIN_S:
            return None
        return found.bearer if self._now() < found.expires_at + CLOCK_SKEW_S else None

    def is_familiar(self, text: str) -> bool:
        """True if this very token opened an account before."""
        with self._lock:
            return len(text) <= LONGEST_TOKEN and _digest(text) in self._opened

    def _claims_in(self, text: str, *, audience: str) -> dict[str, Any]:
        """Returns the claims of a token that the issuer signed for this audience and that holds now."""
        try:
            header = jwt.get_unverified_header(text)
            kind, algorithm, id = header.get("typ"), header.get("alg"), header.get("kid")
            if algorithm not in ALGORITHMS or (kind is not None and str(kind).lower() not in _KINDS):
                raise TokenRefused(
                    f"This token is signed by {str(algorithm)[:20]!r} or is of a kind that opens nothing."
                )
            key = self.keys.key(id)
            if key is None:
                raise TokenRefused("This token is signed by a key that its issuer does not publish.")
            claims: dict[str, Any] = jwt.decode(
                text,
                key,
                algorithms=ALGORITHMS,
                audience=audience,
                issuer=self.issuer.url,
                leeway=CLOCK_SKEW_S,
                options={"require": ["exp", "iss", "aud", "sub"], "enforce_minimum_key_length": True},
            )
            if not claims["sub"]:
                raise TokenRefused("This token of OpenID Connect names no subject.")
            return claims
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise TokenRefused(f"This token of OpenID Connect is refused: {_reason(error)}.") from None

    def _bearer(self, claims: dict[str, Any], text: str) -> Bearer:
        """Returns the bearer in the first role that the mapping grants and the account has, in the account's scope."""
        account_id = account_of_subject(self.issuer.url, claims["sub"])
        account = self._account(account_id)
        if account.opened is None or not account.is_open:
            raise TokenRefused(
                f"The account {account_id} is not open. An admin opens it: redledger account open {account_id}."
            )
        granted = claim_in(claims, self.issuer.roles_claim)
        values = [granted] if isinstance(granted, str) else granted if isinstance(granted, list) else []
        role = next(
            (role for value, role in self.issuer.roles if value in values and role in account.opened.roles), None
        )
        if role is None:
            raise TokenRefused(f"The account {account_id} has none of the roles that this token grants.")
        scope = account.opened.scope
        if scope is not None and claim_in(claims, self.issuer.scope_claim) != scope:
            raise TokenRefused(f"The account {account_id} acts for {scope}, and this token does not.")
        return Bearer(account_id, f"jwt-{_digest(text)[:16]}", role, scope)


def _reason(error: Exception) -> str:
    """Returns the library's words for its own refusals; those of other errors may quote the token."""
    return str(error)[:200].rstrip(".") if isinstance(error, jwt.PyJWTError) else "it cannot be read"


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
