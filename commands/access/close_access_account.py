"""Closing an access account, with all of its tokens."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import Reason
from commands.rules import Rules
from ledger.events.access import AccessAccountClosed
from ledger.events.event import Event
from ledger.ids import Id, access_account_stream
from ledger.refusals.access import AccessAccountNotOpen, FirstAccountStaysOpen
from ledger.streams.access import FIRST_ACCOUNT, AccessAccount


class CloseAccessAccount(Command, name="close_access_account"):
    """Closes the account for ever. All of its tokens are refused from now on.

    The first account, `admin`, stays open, so that there is always an admin who can open others.
    """

    account_id: Id
    reason: Reason

    @property
    def stream(self) -> str:
        return access_account_stream(self.account_id)


def decide(command: CloseAccessAccount, account: AccessAccount, rules: Rules) -> Iterator[Event]:
    if command.account_id == FIRST_ACCOUNT:
        raise FirstAccountStaysOpen(account_id=command.account_id)
    if account.closed:
        return
    if not account.is_open:
        raise AccessAccountNotOpen(account_id=command.account_id, state=account.state)
    yield AccessAccountClosed(
        account_id=command.account_id,
        reason=command.reason,
        closed_by=command.actor,
        closed_at=command.decided_at,
    )
