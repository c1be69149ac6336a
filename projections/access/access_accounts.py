"""Access accounts, and the tokens that they own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Boolean, Column, Date, text

from ledger.events.access import (
    AccessAccountClosed,
    AccessAccountOpened,
    AccessTokenCreated,
    AccessTokenRevoked,
    AccessTokenUsed,
)
from ledger.log.rows import Recorded
from projections.engine.batch import Batch, KeptRows
from projections.engine.columns import instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import ViewTable, kept_table
from projections.engine.views import Opened, Views
from projections.keyset import Key, behind

ACCOUNTS = kept_table(
    "access_accounts",
    text_column("account_id", key=True),
    text_column("kind"),
    text_column("roles"),  # separated by commas
    text_column("scope"),
    text_column("opened_by"),
    instant_column("opened_at"),
    text_column("closed_by"),
    instant_column("closed_at"),
)
TOKENS = kept_table(
    "access_tokens",
    text_column("account_id"),
    text_column("token_id", key=True),
    text_column("role"),
    Column("single_use", Boolean, nullable=False),
    text_column("created_by"),
    instant_column("created_at"),
    instant_column("ends_at"),
    text_column("revoked_by"),
    Column("last_used", Date),
    indexes=[("account_id",)],
)


class AccessAccounts(Projection):
    """Keeps all accounts and tokens, also closed and ended ones. Requests are judged by the log, not by this view."""

    name = "access_accounts"
    version = 1
    tables = (ACCOUNTS, TOKENS)
    events = (AccessAccountOpened, AccessAccountClosed, AccessTokenCreated, AccessTokenRevoked, AccessTokenUsed)

    def fold(self, batch: Batch) -> None:
        accounts, tokens = batch.rows(ACCOUNTS), batch.rows(TOKENS)
        for recorded in batch.events:
            match recorded.event:
                case AccessAccountOpened() | AccessAccountClosed():
                    _take_account(accounts, recorded)
                case _:
                    _take_token(tokens, recorded)


def _take_account(rows: KeptRows, recorded: Recorded) -> None:
    match recorded.event:
        case AccessAccountOpened() as event:
            opened = {
                "account_id": event.account_id,
                "kind": event.kind,
                "roles": ",".join(event.roles),
                "scope": event.scope or "",
                "opened_by": event.opened_by.id,
                "opened_at": event.opened_at,
            }
            rows.put(opened | {"closed_by": "", "closed_at": None}, at=recorded.position)
        case AccessAccountClosed() as event if row := rows.get(event.account_id):
            closed = {"closed_by": event.closed_by.id, "closed_at": event.closed_at}
            rows.put(row | closed, at=recorded.position)


def _take_token(rows: KeptRows, recorded: Recorded) -> None:
    match recorded.event:
        case AccessTokenCreated() as event:
            created = {
                "account_id": event.account_id,
                "token_id": event.token_id,
                "role": event.role,
                "single_use": event.single_use,
                "created_by": event.created_by.id,
                "created_at": event.created_at,
                "ends_at": event.expires_at,
            }
            rows.put(created | {"revoked_by": "", "last_used": None}, at=recorded.position)
        case AccessTokenRevoked() as event if row := rows.get(event.token_id):
            ended = {"ends_at": event.ends_at, "revoked_by": event.revoked_by.id}
            rows.put(row | ended, at=recorded.position)
        case AccessTokenUsed() as event if row := rows.get(event.token_id):
            rows.put(row | {"last_used": event.day}, at=recorded.position)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An access account. `roles` are separated by commas; `scope` is its merchant or buyer."""

    account_id: str
    kind: str
    roles: str
    scope: str
    opened_by: str
    opened_at: datetime
    closed_by: str
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An access token without its secret. `ends_at` is its expiry or its revocation; `last_used` a day in UTC."""

    account_id: str
    token_id: str
    role: str
    single_use: bool
    created_by: str
    created_at: datetime
    ends_at: datetime
    revoked_by: str
    last_used: date | None


def accounts(views: Views, *, limit: int = 500, after: Key | None = None) -> Sequence[AccountRow]:
    """Returns accounts in the order of their ids."""
    return _rows(views, ACCOUNTS, AccountRow, ("account_id",), {}, limit=limit, after=after)


def tokens(
    views: Views, *, account: str | None = None, limit: int = 500, after: Key | None = None
) -> Sequence[TokenRow]:
    """Returns tokens in the order of accounts and creation."""
    order = ("account_id", "created_at", "token_id")
    return _rows(views, TOKENS, TokenRow, order, {"account_id": account}, limit=limit, after=after)


Row = TypeVar("Row")


def _rows(
    views: Views,
    table: ViewTable,
    kind: type[Row],
    order: tuple[str, ...],
    asked: dict[str, Any],
    *,
    limit: int,
    after: Key | None,
) -> Sequence[Row]:
    rest, key = behind(order, after)
    given = {f"asked_{name}": value for name, value in asked.items() if value is not None}
    conditions = [f"{name} = :asked_{name}" for name, value in asked.items() if value is not None]
    names = ", ".join(field.name for field in fields(kind))  # type: ignore[arg-type]

    def query(opened: Opened) -> Sequence[Row]:
        statement = f"""SELECT {names} FROM {opened.generation.stored_name(table)} t
            WHERE {" AND ".join((rest, "NOT deleted", *conditions))} ORDER BY {", ".join(order)} LIMIT :limit"""
        found = opened.connection.execute(text(statement), given | key | {"limit": limit})
        return tuple(kind(*row) for row in found)

    return views.read(AccessAccounts(), query)
