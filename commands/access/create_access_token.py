"""Creating an access token of an account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.authority import ADMINS, role_of
from commands.command import Command
from commands.fields import Sha256
from commands.rules import Rules
from ledger.deadlines import later
from ledger.events.access import AccessTokenCreated, AccountRole
from ledger.events.event import Event
from ledger.ids import Id, access_account_stream, access_token_stream
from ledger.instants import Instant
from ledger.refusals.access import (
    AccessAccountNotOpen,
    AccessExpiryNotAllowed,
    AccessRoleNotHeld,
    AccessTokenExists,
)
from ledger.streams.access import AccessToken

LONGEST_LIFE = timedelta(days=366)


class CreateAccessToken(Command, name="create_access_token"):
    """Creates a token of the account in one of its roles. The ledger keeps only the digest of the token.

    An admin creates tokens of every account. Everybody else creates tokens of their own account, in the role in which
    they ask: nobody grants more than they hold. A `single_use` token is a code to be exchanged for a token.
    """

    token_id: Id
    account_id: Id
    role: AccountRole
    digest: Sha256
    expires_at: Instant
    single_use: bool = False

    @property
    def stream(self) -> str:
        return access_token_stream(self.token_id)

    @property
    def reads(self) -> tuple[str, ...]:
        return (access_account_stream(self.account_id),)

    @property
    def access_account(self) -> str:
        return self.account_id


def decide(command: CreateAccessToken, token: AccessToken, rules: Rules) -> Iterator[Event]:
    if token.created:
        raise AccessTokenExists(token_id=command.token_id)
    account = rules.access_account(command.account_id)
    if account.opened is None or not account.is_open:
        raise AccessAccountNotOpen(account_id=command.account_id, state=account.state)
    asks_as = role_of(command.actor)
    held = account.opened.roles if asks_as in ADMINS.any else (asks_as,)
    if command.role not in held or command.role not in account.opened.roles:
        raise AccessRoleNotHeld(role=command.role, held=held)
    latest = later(command.decided_at, LONGEST_LIFE)
    if not command.decided_at < command.expires_at <= latest:
        raise AccessExpiryNotAllowed(expires_at=command.expires_at, latest=latest)
    yield AccessTokenCreated(
        token_id=command.token_id,
        account_id=command.account_id,
        role=command.role,
        digest=command.digest,
        single_use=command.single_use,
        expires_at=command.expires_at,
        created_by=command.actor,
        created_at=command.decided_at,
    )
