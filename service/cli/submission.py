"""`redledger submit`: one command, by its name and fields, as a person at the platform asks for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from service.cli.demonstration import opened
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show, stderr
from service.failures import accepted
from service.settings import Settings
from service.tables.tables import RECORDED

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome
    from commands.command import Command
    from service.app import App


@takes_settings()
def submit(
    settings: Settings,
    command: Annotated[str, typer.Argument(metavar="COMMAND", help="Its name, as in hold_settlement.")],
    by: Annotated[str, typer.Option("--by", metavar="ID", help="Who asks.")],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD=VALUE …", help="Its fields; what begins with [ or { is read as JSON."),
    ] = None,
    role: Annotated[str, typer.Option(help="The role of who asks, as in finance or platform_cs.")] = "finance",
    kind: Annotated[str, typer.Option(help="platform, merchant, buyer, partner or system.")] = "platform",
    id: Annotated[
        str | None,
        typer.Option("--id", help="The command's id; the same is answered once.", show_default="a new one"),
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Ask for one command, and see what is recorded of it, or why it is refused.

    redledger submit release_hold merchant_id=M-1 hold_id=H-1 --by ann
    """

    asked = _command(command, fields or [], {"kind": kind, "id": by, "role": role}, id or f"submit-{uuid4()}")
    with opened(settings) as app:
        outcome = accepted(app.bus.submit([asked])[0])
        show(RECORDED, _recorded(app, outcome), format)
    said = "is answered already, and the same" if outcome.repeated else "is answered"
    stderr().print(f"{asked.id} {said}: {'nothing to do' if outcome.status == 'nothing' else outcome.status}.")


def _command(name: str, fields: list[str], actor: dict[str, str], id: str) -> Command:
    from commands.menu import MENU
    from service.record.parser import Malformed, parse_command

    reported = {"command": name, "id": id, "actor": actor, "data": fields_given(fields)}
    try:
        return parse_command(json.dumps(reported, ensure_ascii=False).encode(), MENU)
    except Malformed as malformed:
        field = f"{malformed.field.removeprefix('data.')}: " if malformed.field else ""
        raise typer.BadParameter(f"{field}{malformed.sentence}", param_hint=name) from None


def fields_given(fields: list[str]) -> dict[str, Any]:
    """`FIELD=VALUE` by field. Raises `BadParameter` for what is neither that nor JSON where it should be."""
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
