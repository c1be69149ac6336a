"""The account that a command of the command line acts as, and functions that the commands of people share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.demonstration import opened
from service.cli.output import stderr
from service.failures import ServiceFailure, accepted
from service.settings import EVERYWHERE, OIDC, Settings

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome
    from ledger.actors import Actor
    from service.app import App

ACTING = (*EVERYWHERE, "token", *OIDC)  # the settings of a command that acts
By = Annotated[
    str | None,
    typer.Option(
        "--by",
        metavar="ACCOUNT[/ROLE]",
        help="Access account that acts, such as fay; if it has several roles, with one of them, such as fay/finance.",
        show_default="the account of the token",
    ),
]


@contextmanager
def acting(settings: Settings, by: str | None) -> Iterator[tuple[App, Actor]]:
    """Yields the ledger and the account that acts on it. Raises `ServiceFailure` if the account may not act."""
    with opened(settings) as app, well_formed():
        yield app, actor_of(app, by)


def actor_of(app: App, by: str | None) -> Actor:
    """Returns the account that `--by` names, or that owns the token of the settings, as an actor."""
    from service.access.local_account import account_acting

    if by is None and not app.settings.token:
        raise typer.BadParameter("name the account that acts, or set REDLEDGER_TOKEN", param_hint="--by")
    return account_acting(app, by, app.settings.token)


def say_proposed(outcome: Outcome) -> None:
    """Prints the proposal and the command that approves it. Raises `ServiceFailure` for a refusal."""
    accepted(outcome)
    said = f"Proposed as {outcome.command_id}. Another account approves it: redledger approve {outcome.command_id}"
    stderr().print(f"{said} --by ACCOUNT", soft_wrap=True)


@contextmanager
def well_formed() -> Iterator[None]:
    """Turns a validation error of a name or a reason into a `ServiceFailure`."""
    from pydantic import ValidationError

    from ledger.validation_messages import complaint

    try:
        yield
    except ValidationError as error:
        raise ServiceFailure(f"{complaint(error, shows_value=True)}.") from None
