"""Recording the day on which an access token was last used."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from ledger.events.access import AccessTokenUsed
from ledger.events.event import Event
from ledger.ids import Id, access_token_stream
from ledger.instants import Day
from ledger.refusals.access import AccessTokenNotFound
from ledger.streams.access import AccessToken


class RecordAccessTokenUse(Command, name="record_access_token_use"):
    """Records that the token was used on this day. The service submits it with the first use of a day."""

    token_id: Id
    day: Day

    @property
    def stream(self) -> str:
        return access_token_stream(self.token_id)


def decide(command: RecordAccessTokenUse, token: AccessToken, rules: Rules) -> Iterator[Event]:
    if token.created is None:
        raise AccessTokenNotFound(token_id=command.token_id)
    if token.last_used and token.last_used >= command.day:
        return
    yield AccessTokenUsed(token_id=command.token_id, account_id=token.created.account_id, day=command.day)
