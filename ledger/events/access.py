"""Access: accounts of people and services, and the access tokens that they own."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, get_args

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.ids import Id

AccountRole = Literal["admin", "finance", "support", "auditor", "service", "merchant", "buyer"]
ACCOUNT_ROLES: tuple[AccountRole, ...] = get_args(AccountRole)
AccountKind = Literal["person", "service"]
ExportFormat = Literal["csv", "ndjson", "xlsx"]


class AccessAccountOpened(Event, name="access_account.opened", version=1):
    """The account may own access tokens in these roles. `scope` is the merchant or the buyer that it acts for."""

    account_id: Id
    kind: AccountKind
    roles: tuple[AccountRole, ...]
    scope: Id | None
    opened_by: Actor
    opened_at: datetime


class AccessAccountClosed(Event, name="access_account.closed", version=1):
    """The account and all of its tokens are refused from here on."""

    account_id: Id
    reason: Id
    closed_by: Actor
    closed_at: datetime


class AccessTokenCreated(Event, name="access_token.created", version=1):
    """The account acts in `role` with this token until it expires. `digest` is the SHA-256 of the token's text.

    A `single_use` token is a code: it is exchanged for a token, and opens nothing itself.
    """

    token_id: Id
    account_id: Id
    role: AccountRole
    digest: str
    single_use: bool
    expires_at: datetime
    created_by: Actor
    created_at: datetime


class AccessTokenRevoked(Event, name="access_token.revoked", version=1):
    """The token is refused from `ends_at` on. After a rotation that is later than the revocation."""

    token_id: Id
    account_id: Id
    ends_at: datetime
    revoked_by: Actor
    revoked_at: datetime


class AccessTokenUsed(Event, name="access_token.used", version=1):
    """The token was used on this day, in UTC. There is one such event for a token and a day."""

    token_id: Id
    account_id: Id
    day: date


class ListExported(Event, name="list.exported", version=1):
    """An account has taken a whole list away: the answer to `question` with these filters, at these positions by book.

    There is one such event for an account and a role, a question with its filters, a format and a day in UTC.
    """

    account_id: Id
    role: AccountRole
    scope: Id | None
    question: Id
    filters: dict[str, str]
    format: ExportFormat
    positions: dict[int, int]
    day: date
