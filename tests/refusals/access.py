"""Causes of the refusals about access."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from commands.access.close_access_account import CloseAccessAccount
from commands.access.revoke_access_token import RevokeAccessToken
from ledger.refusals.catalogue import Refusal
from ledger.streams.access import FIRST_ACCOUNT
from tests.commands.access.test_access import ADMIN, CLOSED, CREATED, FAY, OPENED, created, creating, opening
from tests.support.given import NOW, ask, given

CAUSES: dict[str, Callable[[], Refusal | None]] = {
    "ACCESS_ACCOUNT_EXISTS": lambda: given(OPENED).when(opening(roles=["admin"])).refusal,
    "ACCESS_ACCOUNT_NOT_OPEN": lambda: created(creating(), OPENED, CLOSED).refusal,
    "FIRST_ACCOUNT_STAYS_OPEN": lambda: (
        given(OPENED).when(ask(CloseAccessAccount, by=ADMIN, account_id=FIRST_ACCOUNT, reason="left")).refusal
    ),
    "ACCESS_ROLE_NOT_HELD": lambda: created(creating(FAY, role="support")).refusal,
    "ACCESS_EXPIRY_NOT_ALLOWED": lambda: created(creating(expires_at=NOW - timedelta(days=1))).refusal,
    "ACCESS_TOKEN_NOT_FOUND": lambda: given().when(ask(RevokeAccessToken, by=ADMIN, token_id="T9")).refusal,
    "ACCESS_TOKEN_EXISTS": lambda: created(creating(), before=(CREATED,)).refusal,
}
