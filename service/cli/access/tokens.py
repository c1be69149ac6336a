"""`redledger token create`, `rotate` and `revoke`: access tokens, each shown once; `sign-in`: those of the issuer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from service.access.lifetimes import HOUR, LIFE, LONGEST_OVERLAP, OVERLAP
from service.cli.actor import ACTING, By, acting
from service.cli.demonstration import opened
from service.cli.options import takes_settings
from service.cli.output import stderr, stdout
from service.failures import ServiceFailure, accepted
from service.settings import EVERYWHERE, OIDC, OIDC_CLIENT, Settings, variable_of

if TYPE_CHECKING:
    from service.access.tokens import Issued

token = typer.Typer(
    no_args_is_help=True, help="Create, rotate or revoke an access token of an account, or sign in for one."
)
TokenId = Annotated[str, typer.Argument(metavar="TOKEN", help="Id of the token, as `tokens` lists it.")]
Days = Annotated[int, typer.Option("--days", min=1, max=366, help="Days until the token expires.")]


@token.command()
@takes_settings(*ACTING)
def create(
    settings: Settings,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id of the account, as `accounts` lists it.")],
    role: Annotated[
        str | None, typer.Option("--role", help="Role of the token.", show_default="the account's only role")
    ] = None,
    days: Days = LIFE.days,
    by: By = None,
) -> None:
    """Create an access token, and print it. It is shown this once, and stored nowhere.

    redledger token create admin --by admin
    """
    from service.access.tokens import account_of, create_token

    with acting(settings, by) as (app, actor):
        held = account_of(app.ledger, account).opened
        if held is None:
            raise ServiceFailure(f"Account {account} does not exist. Open it first: redledger account open {account}")
        if role is None and len(held.roles) > 1:
            raise ServiceFailure(f"Account {account} has the roles {', '.join(held.roles)}. Choose one with --role.")
        if role is not None and role not in held.roles:
            raise ServiceFailure(f"Account {account} has the roles {', '.join(held.roles)}, not {role}.")
        chosen = next(each for each in held.roles if role in (None, each))
        expires_at = app.clock() + timedelta(days=days)
        _show(create_token(app.bus, account_id=account, role=chosen, by=actor, expires_at=expires_at))


@token.command()
@takes_settings(*ACTING)
def rotate(
    settings: Settings,
    token_id: TokenId,
    overlap: Annotated[
        int,
        typer.Option(
            "--overlap-hours", min=0, max=LONGEST_OVERLAP // HOUR, help="Hours for which the old token still works."
        ),
    ] = OVERLAP // HOUR,
    days: Days = LIFE.days,
    by: By = None,
) -> None:
    """Create a token in place of another, and end the other after an overlap."""
    from service.access.tokens import rotate_token

    with acting(settings, by) as (app, actor):
        expires_at = app.clock() + timedelta(days=days)
        issued = rotate_token(app, token_id, by=actor, overlap=overlap * HOUR, expires_at=expires_at)
        if issued is None:
            raise ServiceFailure(f"Token {token_id} is not known or has ended. Create a new one.")
        _show(issued)


@token.command()
@takes_settings(*ACTING)
def revoke(settings: Settings, token_id: TokenId, by: By = None) -> None:
    """Revoke an access token. It is refused within one second."""
    from commands.access.revoke_access_token import RevokeAccessToken
    from ledger.ids import access_token_stream, command_id

    with acting(settings, by) as (app, actor):
        id = command_id("revoke_token", access_token_stream(token_id), uuid4().hex)
        envelope = {"id": id, "actor": actor}
        accepted(app.bus.submit([RevokeAccessToken.model_validate(envelope | {"token_id": token_id})])[0])
    stderr().print(f"{token_id} is revoked.")


@token.command("sign-in")
@takes_settings(*EVERYWHERE, *OIDC, *OIDC_CLIENT)
def sign_in_at_issuer(settings: Settings) -> None:
    """Sign in with the issuer of OpenID Connect in a browser of this machine, and print the token.

    export REDLEDGER_TOKEN=$(redledger token sign-in)
    """
    from service.access.issuer import issuer_of
    from service.access.local_account import account_signed_in
    from service.access.sign_in import sign_in

    issuer = issuer_of(settings)
    if issuer is None:
        raise ServiceFailure(f"No issuer is set. Set {variable_of('oidc_issuer')}.")
    tokens = sign_in(issuer, show=_ask_to_open)
    with opened(settings) as app:
        text, bearer = account_signed_in(app, tokens)
    stderr().print(f"Signed in as {bearer.account_id} in the role {bearer.role}.", soft_wrap=True)
    stdout().print(text, soft_wrap=True, highlight=False)


def _ask_to_open(url: str) -> None:
    stderr().print(f"Open this address in a browser of this machine, and sign in:\n{url}", soft_wrap=True)


def _show(issued: Issued) -> None:
    accepted(issued.outcome)
    stderr().print(f"Token {issued.token_id} expires on {issued.expires_at:%Y-%m-%d}. It is not shown again:")
    stdout().print(issued.text, soft_wrap=True, highlight=False)
