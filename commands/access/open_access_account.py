"""Opening an access account: a person or a service that may own tokens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import model_validator

from commands.command import Command
from commands.rules import Rules
from ledger.events.access import AccessAccountOpened, AccountKind, AccountRole
from ledger.events.event import Event
from ledger.ids import Id, access_account_stream
from ledger.refusals.access import AccessAccountExists
from ledger.streams.access import AccessAccount

_ALONE = ("service", "merchant", "buyer")  # such a role stands alone; people of the platform may have several
_SCOPED = ("merchant", "buyer")


class OpenAccessAccount(Command, name="open_access_account"):
    """Opens an account for a person or a service. It owns no token yet.

    Accounts of a merchant or a buyer have a `scope`: the merchant, or the buyer as orders name it (`buyer_ref`). The
    roles of an account never change.
    """

    account_id: Id
    kind: AccountKind = "person"
    roles: tuple[AccountRole, ...]
    scope: Id | None = None

    @model_validator(mode="after")
    def _has_roles_that_go_together(self) -> Self:
        if not self.roles or len(set(self.roles)) != len(self.roles):
            raise ValueError("an account has one role or several different roles")
        if len(self.roles) > 1 and (alone := [role for role in self.roles if role in _ALONE]):
            raise ValueError(f"the role {alone[0]} stands alone: open another account for the other roles")
        if (self.roles[0] in _SCOPED) != (self.scope is not None):
            raise ValueError("an account has a scope if its role is merchant or buyer, and none otherwise")
        return self

    @property
    def stream(self) -> str:
        return access_account_stream(self.account_id)


def decide(command: OpenAccessAccount, account: AccessAccount, rules: Rules) -> Iterator[Event]:
    if found := account.opened:
        if account.is_open and (found.kind, found.roles, found.scope) == (command.kind, command.roles, command.scope):
            return
        raise AccessAccountExists(
            account_id=command.account_id, state=account.state, roles=found.roles, scope=found.scope
        )
    yield AccessAccountOpened(
        account_id=command.account_id,
        kind=command.kind,
        roles=command.roles,
        scope=command.scope,
        opened_by=command.actor,
        opened_at=command.decided_at,
    )
