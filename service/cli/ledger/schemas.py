"""`redledger schema`: prints a JSON Schema, or the list of them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from service.cli.options import Format, FormatOption
from service.cli.output import show
from service.failures import ServiceFailure
from service.tables.tables import SCHEMAS

NameArgument = Annotated[str, typer.Argument(help="Kind and name, such as events/order.placed.v1.", metavar="[NAME]")]


def schema(name: NameArgument = "", format: FormatOption = Format.TABLE) -> None:
    """Print the JSON Schema of an event, a view's rows, a command or an answer; without a name, list all schemas."""
    from service.schemas.catalogue import catalogue, sentence_of

    if not name:
        rows = [{"name": f"{id.kind}/{id.name}", "says": sentence_of(id)} for id in catalogue()]
        show(SCHEMAS, rows, format)
        return
    found = {f"{id.kind}/{id.name}": text for id, text in catalogue().items()}.get(name)
    if found is None:
        raise ServiceFailure(f"There is no schema {name}. `redledger schema` lists them.")
    sys.stdout.write(found.decode())
