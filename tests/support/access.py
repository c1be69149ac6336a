"""Access in tests: accounts and tokens in a ledger, and the header that a client sends."""

from __future__ import annotations

from datetime import timedelta

from commands.access.open_access_account import OpenAccessAccount
from ledger.actors import Actor
from ledger.events.access import AccountRole
from ledger.ids import access_account_stream, command_id
from service.access.tokens import create_token
from service.app import App

ADMIN = Actor(kind="platform", id="ada", role="admin")


def token_for(app: App, account_id: str, role: AccountRole, *, scope: str | None = None) -> str:
    """Opens the account, if it is not open yet, and returns a new token of it."""
    opening = command_id("open", access_account_stream(account_id))
    opened = OpenAccessAccount(id=opening, actor=ADMIN, account_id=account_id, roles=(role,), scope=scope)
    (outcome,) = app.bus.submit([opened])
    assert outcome.is_accepted, outcome.sentence
    expires_at = app.clock() + timedelta(days=1)
    issued = create_token(app.bus, account_id=account_id, role=role, by=ADMIN, expires_at=expires_at)
    assert issued.text, issued.outcome.sentence
    return issued.text


def bearing(token: str) -> dict[str, str]:
    """The header of a request with this token."""
    return {"Authorization": f"Bearer {token}"}
