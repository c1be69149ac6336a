"""The gate: from the text of an access token to the account that acts. The log decides, not a view."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from threading import Lock
from time import monotonic
from typing import NamedTuple, Protocol

from commands.access.record_access_token_use import RecordAccessTokenUse
from ledger.actors import Actor, ActorKind
from ledger.events.access import AccountRole
from ledger.ids import access_token_stream, command_id
from ledger.log.database_errors import DatabaseTrouble
from ledger.recent import keep
from ledger.streams.access import AccessAccount, AccessToken
from service.access.token_text import CODE, TOKEN, digest_of, id_in
from service.access.tokens import SERVICE, account_of, token_of
from service.app import App

REVOKED_WITHIN_S = 1.0  # a revoked token is refused everywhere after this time
_MOST_REMEMBERED = 10_000
_NO_DIGEST = "0" * 64
_KINDS: dict[AccountRole, ActorKind] = {"service": "partner", "merchant": "merchant", "buyer": "buyer"}
_logger = logging.getLogger(__name__)


class TokenRefused(Exception):
    """The token opens nothing. The sentence says no more to a stranger than to its owner."""


class TokenMissing(TokenRefused):
    """The request has no access token."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """The account behind a request, in the role of its token. `scope` is its merchant or its buyer."""

    account_id: str
    token_id: str
    role: AccountRole
    scope: str | None = None

    @property
    def actor(self) -> Actor:
        """The actor of the bearer's commands: the account, so that two tokens of one account are one person."""
        return Actor(kind=_KINDS.get(self.role, "platform"), id=self.account_id, role=self.role, scope=self.scope)


class ForeignTokens(Protocol):
    """The check of tokens that somebody else issues, such as an OpenID Connect provider."""

    def takes(self, text: str) -> bool:
        """True if the text has the form of such a token."""

    def bearer_of(self, text: str) -> Bearer:
        """Returns the account that the token opens. Raises `TokenRefused`."""

    def remembered(self, text: str) -> Bearer | None:
        """Returns the account that the token opened a moment ago, or None."""

    def is_familiar(self, text: str) -> bool:
        """True if this very token opened an account before."""


class _Known(NamedTuple):
    token: AccessToken
    account: AccessAccount
    read_at: float


class Gate:
    """Checks tokens against the log. What was read is used for `REVOKED_WITHIN_S`. Safe to share between threads.

    A text of the form of `foreign` tokens is checked by them.
    """

    def __init__(
        self, app: App, *, foreign: ForeignTokens | None = None, monotonic: Callable[[], float] = monotonic
    ) -> None:
        self._app, self._foreign, self._monotonic = app, foreign, monotonic
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._lock = Lock()

    def bearer_of(self, text: str) -> Bearer:
        """Returns the account that the token opens. Raises `TokenRefused`."""
        if foreign := self._foreign_for(text):
            return foreign.bearer_of(text)
        token_id = id_in(text, TOKEN)
        if token_id is None:
            raise TokenRefused("This is no access token of RedLedger. It begins with rlk_ and has 65 letters.")
        token, account, _ = self._read(token_id)
        bearer = self._checked(token, account, text)
        if bearer is None or (token.created and token.created.single_use):
            raise TokenRefused("This access token is not known, has expired or was revoked. Create a new one.")
        self._note_use(token, token_id)
        return bearer

    def remembered(self, text: str) -> Bearer | None:
        """Returns the account that the token opens if that is known without the database, else None."""
        if foreign := self._foreign_for(text):
            return foreign.remembered(text)
        known = self._known_of(text)
        if known is None or self._monotonic() - known.read_at >= REVOKED_WITHIN_S:
            return None
        token, today = known.token, self._app.clock().date()
        if token.created is None or token.created.single_use or token.last_used is None or token.last_used < today:
            return None
        return self._checked(token, known.account, text)

    def is_familiar(self, text: str) -> bool:
        """True if this very token was found in the ledger before. Whether it still opens anything is asked anew."""
        if foreign := self._foreign_for(text):
            return foreign.is_familiar(text)
        known = self._known_of(text)
        created = known.token.created if known else None
        return created is not None and compare_digest(created.digest, digest_of(text))

    def _foreign_for(self, text: str) -> ForeignTokens | None:
        return self._foreign if self._foreign and self._foreign.takes(text) else None

    def _known_of(self, text: str) -> _Known | None:
        token_id = id_in(text, TOKEN)
        with self._lock:
            return self._known.get(token_id) if token_id else None

    def code_of(self, text: str) -> AccessToken:
        """Returns the token of a code that may be exchanged. Raises `TokenRefused`."""
        if token_id := id_in(text, CODE):
            token, account, _ = self._read(token_id)
            if self._checked(token, account, text) and token.created and token.created.single_use:
                return token
        raise TokenRefused("This code is not known, has expired or was used. Create a token on the machine itself.")

    def _checked(self, token: AccessToken, account: AccessAccount, text: str) -> Bearer | None:
        """Returns the bearer, or None. The digests are compared in the same time if they are equal or not."""
        created, opened, now = token.created, account.opened, self._app.clock()
        same = compare_digest(created.digest if created else _NO_DIGEST, digest_of(text))
        if not same or created is None or opened is None or token.ends_at is None:
            return None
        if now >= token.ends_at or not account.is_open:
            return None
        return Bearer(created.account_id, created.token_id, created.role, opened.scope)

    def _read(self, token_id: str) -> _Known:
        """Returns the token and its account, as they were at most `REVOKED_WITHIN_S` ago."""
        with self._lock:
            known = self._known.get(token_id)
        if known and self._monotonic() - known.read_at < REVOKED_WITHIN_S:
            return known
        started, ledger = self._monotonic(), self._app.ledger
        token = token_of(ledger, token_id)
        account = account_of(ledger, token.access_account or "")
        known = _Known(token, account, started)
        with self._lock:
            keep(self._known, token_id, known, most=_MOST_REMEMBERED)
        return known

    def _note_use(self, token: AccessToken, token_id: str) -> None:
        """Records the day of the first use. A database that accepts no writes does not keep the reader out."""
        today = self._app.clock().date()
        if token.last_used and token.last_used >= today:
            return
        id = command_id("token_use", access_token_stream(token_id), today.isoformat())
        try:
            self._app.bus.submit([RecordAccessTokenUse(id=id, actor=SERVICE, token_id=token_id, day=today)])
        except DatabaseTrouble as trouble:
            _logger.warning("The use of token %s was not recorded; the next use will be: %s", token_id, trouble)
            return
        token.last_used = today
