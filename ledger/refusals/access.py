"""Refusals about access accounts and tokens."""

from __future__ import annotations

from datetime import datetime

from ledger.refusals.refusal import Refusal


class AccessAccountExists(
    Refusal, code="ACCESS_ACCOUNT_EXISTS", remedy="Choose another id; a closed account is not opened again."
):
    """Account {account_id} is {state}, with the roles {roles}[ and the scope {scope}]."""

    account_id: str
    state: str
    roles: tuple[str, ...]
    scope: str | None


class AccessAccountNotOpen(
    Refusal, code="ACCESS_ACCOUNT_NOT_OPEN", remedy="Check the id, or open an account (open_access_account)."
):
    """Account {account_id} is {state}."""

    account_id: str
    state: str


class FirstAccountStaysOpen(
    Refusal,
    code="FIRST_ACCOUNT_STAYS_OPEN",
    remedy="Revoke its tokens instead (revoke_access_token), and act as an account of your own.",
):
    """Account {account_id} is the ledger's first account. Without it, nobody might be left to open another."""

    account_id: str


class AccessRoleNotHeld(
    Refusal, code="ACCESS_ROLE_NOT_HELD", remedy="Create the token in one of the roles {held}, or ask an admin."
):
    """The role {role} cannot be granted: the roles to grant from are {held}."""

    role: str
    held: tuple[str, ...]


class AccessExpiryNotAllowed(
    Refusal, code="ACCESS_EXPIRY_NOT_ALLOWED", remedy="Give an expiry after now and up to {latest}."
):
    """A token that expires at {expires_at} cannot be created."""

    expires_at: datetime
    latest: datetime


class AccessTokenNotFound(Refusal, code="ACCESS_TOKEN_NOT_FOUND", remedy="Check the id in the list of tokens."):
    """Token {token_id} does not exist."""

    token_id: str


class AccessTokenExists(
    Refusal,
    code="ACCESS_TOKEN_EXISTS",
    remedy="Create another token, and revoke this one if its text was lost (revoke_access_token).",
):
    """Token {token_id} exists already. Its text was shown when it was created, and is not shown again."""

    token_id: str
