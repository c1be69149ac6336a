"""Operations on access tokens that make a secret: creation, rotation, and the exchange of a code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from commands.access.create_access_token import CreateAccessToken
from commands.access.open_access_account import OpenAccessAccount
from commands.access.revoke_access_token import RevokeAccessToken
from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from ledger.actors import Actor
from ledger.events.access import AccountRole
from ledger.ids import PLATFORM_BOOK, access_account_stream, access_token_stream, command_id
from ledger.ledger import Ledger
from ledger.streams.access import FIRST_ACCOUNT, AccessAccount, AccessToken
from ledger.streams.loader import load_stream
from service.access.lifetimes import CODE_LIFE, LIFE
from service.access.token_text import CODE, TOKEN, NewToken, id_from, new_token
from service.app import App
from service.failures import accepted

SERVICE = Actor(kind="system", id="redledger")


@dataclass(frozen=True, slots=True)
class Issued:
    """The answer to a request for a token. `text` is the token itself: shown once, empty if it was refused."""

    outcome: Outcome
    token_id: str
    expires_at: datetime
    text: str = field(repr=False, default="")


def create_token(
    bus: Bus,
    *,
    account_id: str,
    role: AccountRole,
    by: Actor,
    expires_at: datetime,
    made: NewToken | None = None,
    single_use: bool = False,
) -> Issued:
    """Creates a token of the account in this role; `made` is its text, by default a new one."""
    made = made or new_token(TOKEN)
    command = CreateAccessToken(
        id=command_id("create_token", access_token_stream(made.token_id), made.digest),
        actor=by,
        token_id=made.token_id,
        account_id=account_id,
        role=role,
        digest=made.digest,
        expires_at=expires_at,
        single_use=single_use,
    )
    (outcome,) = bus.submit([command])
    return Issued(outcome, made.token_id, expires_at, made.text if outcome.is_accepted else "")


def rotate_token(
    app: App,
    token_id: str,
    *,
    by: Actor,
    overlap: timedelta,
    expires_at: datetime,
    made: NewToken | None = None,
) -> Issued | None:
    """Creates another token of the same account and role, and ends this one after the overlap. None if it is not known
    or has ended.

    The new token is recorded first: a failure between the two leaves both, and never none.
    """
    now, token = app.clock(), token_of(app.ledger, token_id)
    if token.created is None or token.ends_at is None or token.ends_at <= now:
        return None
    created = token.created
    issued = create_token(
        app.bus, account_id=created.account_id, role=created.role, by=by, expires_at=expires_at, made=made
    )
    if issued.outcome.is_accepted:
        id = command_id("rotate_token", access_token_stream(token_id), issued.token_id)
        end = RevokeAccessToken(id=id, actor=by, token_id=token_id, ends_at=now + overlap)
        (outcome,) = app.bus.submit([end])
        if not outcome.is_accepted:
            return Issued(outcome, issued.token_id, issued.expires_at, issued.text)
    return issued


def open_first_account(app: App) -> None:
    """Opens the first account, `admin`, if it was never opened."""
    if account_of(app.ledger, FIRST_ACCOUNT).opened:
        return
    id = command_id("first_account", access_account_stream(FIRST_ACCOUNT))
    opening = OpenAccessAccount(id=id, actor=SERVICE, account_id=FIRST_ACCOUNT, roles=("admin",))
    accepted(app.bus.submit([opening])[0])


def first_code(app: App) -> str | None:
    """Returns a code for a token of the first account, or None if one was made before: there is one for a ledger."""
    open_first_account(app)
    made = new_token(CODE, token_id=id_from("first code"))
    if token_of(app.ledger, made.token_id).created:
        return None
    issued = create_token(
        app.bus,
        made=made,
        account_id=FIRST_ACCOUNT,
        role="admin",
        by=SERVICE,
        expires_at=app.clock() + CODE_LIFE,
        single_use=True,
    )
    return issued.text or None  # without it, another process was first, and has shown its code


def exchange_code(app: App, code: AccessToken) -> Issued:
    """Creates the token that a code stands for. Its id follows from the code's, so that it is created once only."""
    assert code.created is not None, "the gate gives only codes that exist"
    return create_token(
        app.bus,
        made=new_token(TOKEN, token_id=id_from("exchange", code.created.token_id)),
        account_id=code.created.account_id,
        role=code.created.role,
        by=SERVICE,
        expires_at=app.clock() + LIFE,
    )


def account_of(ledger: Ledger, account_id: str) -> AccessAccount:
    return load_stream(ledger.reader, PLATFORM_BOOK, access_account_stream(account_id), AccessAccount)


def token_of(ledger: Ledger, token_id: str) -> AccessToken:
    return load_stream(ledger.reader, PLATFORM_BOOK, access_token_stream(token_id), AccessToken)
