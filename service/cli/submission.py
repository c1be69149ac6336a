"""`redledger submit`: submits one command by its name and fields, as an access account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from service.cli.actor import ACTING, By, acting
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show, stderr
from service.failures import accepted
from service.settings import Settings
from service.tables.tables import RECORDED

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome
    from commands.command import Command
    from ledger.actors import Actor
    from service.app import App


@takes_settings(*ACTING)
def submit(
    settings: Settings,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Name of the command, such as hold_settlement.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FIELD=VALUE …", help="Fields of the command. A value that begins with [ or { is read as JSON."
        ),
    ] = None,
    by: By = None,
    id: Annotated[
        str | None,
        typer.Option(
            "--id", help="Id of the command. The same id always gets the same answer.", show_default="a new one"
        ),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Submit one command, and show the recorded events or the reason of the refusal.

    redledger submit release_hold merchant_id=M-1 hold_id=H-1 --by ann
    """

    with acting(settings, by) as (app, actor):
        asked = _command(command, fields or [], actor, id or f"submit-{uuid4()}")
        outcome = accepted(app.bus.submit([asked])[0])
        show(RECORDED, _recorded(app, outcome), format)
    said = "is answered already, and the same" if outcome.repeated else "is answered"
    stderr().print(f"{asked.id} {said}: {'nothing to do' if outcome.status == 'nothing' else outcome.status}.")


def _command(name: str, fields: list[str], actor: Actor, id: str) -> Command:
    from commands.menu import MENU
    from service.record.parser import Malformed, command_in_body

    body = json.dumps({"data": fields_given(fields)}, ensure_ascii=False).encode()
    try:
        return command_in_body(body, MENU, actor=actor, command=name, id=id)
    except Malformed as malformed:
        field = f"{malformed.field.removeprefix('data.')}: " if malformed.field else ""
        raise typer.BadParameter(f"{field}{malformed.sentence}", param_hint=name) from None


def fields_given(fields: list[str]) -> dict[str, Any]:
    """Returns the fields of `FIELD=VALUE` arguments. Raises `BadParameter` for another form or for bad JSON."""
    return dict(map(_field, fields))


def _field(text: str) -> tuple[str, Any]:
    from service.record.parser import Malformed, json_value

    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not FIELD=VALUE")
    if not value.startswith(("[", "{")):
        return name, value
    try:
        return name, json_value(value.encode(errors="surrogatepass"))
    except Malformed as malformed:
        raise typer.BadParameter(f"{name}: {malformed.sentence}") from None


def _recorded(app: App, outcome: Outcome) -> list[dict[str, Any]]:
    if not outcome.last:
        return []
    rows = app.ledger.reader.read(outcome.book, outcome.first - 1, outcome.last - outcome.first + 1)
    return [
        {
            "event": row.type,
            "stream": row.stream,
            "book": row.book,
            "position": row.position,
            "accounting_date": row.accounting_date,
        }
        for row in rows
    ]
