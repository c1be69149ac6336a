"""Revoking an access token, at once or after the overlap of a rotation."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from ledger.events.access import AccessTokenRevoked
from ledger.events.event import Event
from ledger.ids import Id, access_token_stream
from ledger.instants import Instant
from ledger.refusals.access import AccessTokenNotFound
from ledger.streams.access import AccessToken


class RevokeAccessToken(Command, name="revoke_access_token"):
    """Refuses the token from `ends_at` on; without it, from now on. An end is never moved to a later instant."""

    token_id: Id
    ends_at: Instant | None = None

    @property
    def stream(self) -> str:
        return access_token_stream(self.token_id)


def decide(command: RevokeAccessToken, token: AccessToken, rules: Rules) -> Iterator[Event]:
    if token.created is None or token.ends_at is None:
        raise AccessTokenNotFound(token_id=command.token_id)
    ends_at = max(command.ends_at or command.decided_at, command.decided_at)
    if ends_at >= token.ends_at:
        return
    yield AccessTokenRevoked(
        token_id=command.token_id,
        account_id=token.created.account_id,
        ends_at=ends_at,
        revoked_by=command.actor,
        revoked_at=command.decided_at,
    )
