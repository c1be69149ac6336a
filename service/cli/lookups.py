"""`redledger show`: one item by its id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

import typer

from service.cli.options import takes_settings
from service.cli.output import print_json, print_text
from service.cli.view_reads import reading
from service.lookups import LOOKUPS, look_up
from service.settings import Settings

Kind = StrEnum("Kind", {kind: kind for kind in LOOKUPS})  # type: ignore[misc]


class ShownAs(StrEnum):
    """Formats of one item."""

    TABLE = "table"
    JSON = "json"


@takes_settings()
def show(
    settings: Settings,
    kind: Annotated[Kind, typer.Argument(help="Kind of the item.")],
    id: Annotated[str, typer.Argument(metavar="ID", help="Id of the item, as lists and answers show it.")],
    format: Annotated[ShownAs, typer.Option("--format", help="Output format.")] = ShownAs.TABLE,
) -> None:
    """Show one item by its id: a payout with its run and statement, a statement with its events, a settlement run, or
    an event.

    Personal values stay sealed.
    """
    with reading(settings, LOOKUPS[kind].views()) as app:
        found = look_up(app, kind, id)
    if format is ShownAs.JSON:
        print_json(found)
        return
    for name, value in found.items():
        for line in _lines(value):
            print_text(f"{name.replace('_', ' ')}: {line}")


def _lines(value: Any) -> list[str]:
    """Returns the value as text. A list of rows becomes one line each."""
    from service.tables.cells import plain, shown

    if isinstance(value, list | tuple) and value:
        return [json.dumps(each, ensure_ascii=False, default=plain) for each in value]
    return [json.dumps(value, ensure_ascii=False, default=plain) if isinstance(value, Mapping) else shown(value)]
