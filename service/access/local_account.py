"""The account that acts on the machine itself, where the command line is: its roles and scope come from the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.actors import Actor
from ledger.ids import is_id
from ledger.streams.access import FIRST_ACCOUNT
from service.access.gate import Bearer, Gate, TokenRefused
from service.access.tokens import account_of, open_first_account
from service.app import App
from service.failures import ServiceFailure, Unavailable
from service.settings import variable_of


def account_acting(app: App, named: str | None, token: str) -> Actor:
    """Returns the actor of the account that is `named`, as `fay` or `fay/finance`, or that owns the token.

    A caller who reaches the database may name any account that exists. With a token, of RedLedger or of the issuer of
    the settings, only its own. Raises `ServiceFailure`.
    """
    if not token:
        return _bearer_named(app, named or "").actor
    try:
        bearer = _bearer_of(app, token)
    except TokenRefused as refused:
        raise ServiceFailure(f"{variable_of('token')}: {refused}") from None
    if named not in (None, bearer.account_id, f"{bearer.account_id}/{bearer.role}"):
        raise ServiceFailure(
            f"The token is of {bearer.account_id} in the role {bearer.role}, not of {named}. Leave --by out, or unset"
            " REDLEDGER_TOKEN."
        )
    return bearer.actor


def account_signed_in(app: App, tokens: Sequence[str]) -> tuple[str, Bearer]:
    """Returns the first of an issuer's tokens that opens an account, and the account. Raises `ServiceFailure` with the
    reason of the last.
    """
    reason = "The issuer gave no token."
    for token in tokens:
        try:
            return token, _bearer_of(app, token)
        except TokenRefused as refused:
            reason = str(refused)
    raise ServiceFailure(reason)


def _bearer_of(app: App, token: str) -> Bearer:
    from service.access.issued_tokens import issued_tokens  # most commands come without a token
    from service.access.issuer_keys import IssuerUnreachable

    try:
        return Gate(app, foreign=issued_tokens(app)).bearer_of(token)
    except IssuerUnreachable as unreachable:
        raise Unavailable(str(unreachable)) from None


def _bearer_named(app: App, named: str) -> Bearer:
    account_id, _, role = named.partition("/")
    if account_id == FIRST_ACCOUNT:
        open_first_account(app)
    account = account_of(app.ledger, account_id) if is_id(account_id) else None
    if account is None or account.opened is None:
        raise ServiceFailure(
            f"Account {account_id!r} does not exist; `redledger accounts` lists those that do. An admin opens it:"
            f" redledger account open {account_id} --role ROLE --by {FIRST_ACCOUNT}"
        )
    if not account.is_open:
        raise ServiceFailure(f"Account {account_id} is closed. Act as another account.")
    held = {str(each): each for each in account.opened.roles}
    if role and role not in held:
        raise ServiceFailure(f"Account {account_id} has the roles {', '.join(held)}, not {role}.")
    if not role and len(held) > 1:
        raise ServiceFailure(
            f"Account {account_id} has the roles {', '.join(held)}. Choose one: --by {account_id}/{next(iter(held))}"
        )
    return Bearer(account_id, "", held[role] if role else account.opened.roles[0], account.opened.scope)
