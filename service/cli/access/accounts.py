"""`redledger account open` and `account close`: who may own access tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from service.cli.actor import ACTING, By, acting
from service.cli.options import takes_settings
from service.cli.output import stderr
from service.failures import accepted
from service.settings import Settings

if TYPE_CHECKING:
    from commands.command import Command

account = typer.Typer(
    no_args_is_help=True, help="Open or close an access account: a person or a service that may own tokens."
)
AccountId = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id of the account, such as fay or shop-eu.")]


@account.command("open")
@takes_settings(*ACTING)
def open_account(
    settings: Settings,
    account_id: AccountId,
    role: Annotated[
        list[str],
        typer.Option(
            "--role",
            help="Role: admin, finance, support, auditor, service, merchant or buyer. May be given several times.",
        ),
    ],
    scope: Annotated[
        str | None,
        typer.Option("--scope", metavar="ID", help="The merchant of a merchant's account, or the buyer of a buyer's."),
    ] = None,
    service: Annotated[bool, typer.Option("--service", help="The account is a program, not a person.")] = False,
    by: By = None,
) -> None:
    """Open an access account. It has no token yet: create one with `redledger token create`.

    redledger account open shop-eu --role merchant --scope M-1042 --by admin
    """
    from commands.access.open_access_account import OpenAccessAccount

    about = {"roles": role, "scope": scope, "kind": "service" if service else "person"}
    _submit(settings, OpenAccessAccount, by, account_id, about)
    stderr().print(f"{account_id} is open.")


@account.command("close")
@takes_settings(*ACTING)
def close_account(
    settings: Settings,
    account_id: AccountId,
    reason: Annotated[str, typer.Option("--reason", metavar="WORD", help="Reason in one word, such as left.")],
    by: By = None,
) -> None:
    """Close an access account for ever. All of its tokens are refused from now on."""
    from commands.access.close_access_account import CloseAccessAccount

    _submit(settings, CloseAccessAccount, by, account_id, {"reason": reason})
    stderr().print(f"{account_id} is closed.")


def _submit(settings: Settings, kind: type[Command], by: str | None, account_id: str, said: dict[str, Any]) -> None:
    from ledger.ids import access_account_stream, command_id

    with acting(settings, by) as (app, actor):
        id = command_id(kind.name, access_account_stream(account_id), uuid4().hex)
        envelope = {"id": id, "actor": actor, "account_id": account_id}
        accepted(app.bus.submit([kind.model_validate(envelope | said)])[0])
