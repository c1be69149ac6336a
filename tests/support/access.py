"""Access in tests: accounts and tokens in a ledger, and the header that a client sends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from fastapi import FastAPI
from fastapi.testclient import TestClient

from commands.access.open_access_account import OpenAccessAccount
from commands.bus.bus import Bus
from ledger.actors import Actor
from ledger.events.access import AccountRole
from ledger.ids import access_account_stream, command_id
from service.access.gate import Bearer, Gate, TokenRefused
from service.access.tokens import create_token
from service.app import App
from service.http.application import make_application

ADMIN = Actor(kind="platform", id="ada", role="admin")
AUDITOR = "the token of the auditor"  # who reads everything, and changes nothing


class HeldTokens(Gate):
    """A gate that knows a few tokens by heart, for a ledger that is only read."""

    def __init__(self, bearers: dict[str, Bearer]) -> None:
        super().__init__(cast("App", None))
        self._bearers = bearers

    def bearer_of(self, text: str) -> Bearer:
        if text not in self._bearers:
            raise TokenRefused("This access token is not known.")
        return self._bearers[text]


def application_for_reads(app: App, *, patience_s: float = 5.0) -> FastAPI:
    """The application with a gate that knows one token, `AUDITOR`."""
    held = HeldTokens({AUDITOR: Bearer("audrey", "T-audrey", "auditor")})
    return make_application(app, patience_s=patience_s, gate=held)


def client_of(application: FastAPI, token: str = AUDITOR) -> TestClient:
    """A client that sends this token. A fault of the service is an answer, as it is for a client elsewhere."""
    return TestClient(application, headers=bearing(token), raise_server_exceptions=False)


def reader_of(app: App, *, patience_s: float = 5.0) -> TestClient:
    """A client that may read everything."""
    return client_of(application_for_reads(app, patience_s=patience_s))


def open_accounts(bus: Bus, *account_ids: str, roles: Sequence[AccountRole] = ("finance",), **about: Any) -> None:
    """Opens the accounts, in these roles."""
    for account_id in account_ids:
        opening = command_id("open", access_account_stream(account_id))
        opened = OpenAccessAccount(id=opening, actor=ADMIN, account_id=account_id, roles=tuple(roles), **about)
        (outcome,) = bus.submit([opened])
        assert outcome.is_accepted, outcome.sentence


def token_for(app: App, account_id: str, role: AccountRole, *, scope: str | None = None) -> str:
    """Opens the account, if it is not open yet, and returns a new token of it."""
    open_accounts(app.bus, account_id, roles=(role,), scope=scope)
    expires_at = app.clock() + timedelta(days=1)
    issued = create_token(app.bus, account_id=account_id, role=role, by=ADMIN, expires_at=expires_at)
    assert issued.text, issued.outcome.sentence
    return issued.text


def bearing(token: str) -> dict[str, str]:
    """The header of a request with this token."""
    return {"Authorization": f"Bearer {token}"}
