"""`redledger instructions`: what partners are asked to do and have not answered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from projections.instructions import Instruction, Instructions, open_instructions
from service.cli.moments import AsKnownAt, AsOf, answerable, moment_of
from service.cli.options import Format, FormatOption, LimitOption, takes_settings
from service.cli.output import show
from service.cli.reading import reading
from service.moments import end_of
from service.settings import Settings

_COLUMNS = ("kind", "id", "stream", "partner", "amount", "asked_at", "age_h", "facts")


@takes_settings()
def instructions(
    settings: Settings,
    partner: Annotated[str | None, typer.Option("--partner", help="Only what this one is asked, as in stripe.")] = None,
    limit: LimitOption = 500,
    as_of: AsOf = None,
    as_known_at: AsKnownAt = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Captures, voids, refunds and payouts that were asked for and are not answered, the oldest first.

    The service sends them to the partners of its settings; without any they wait, until what became of them is
    recorded.
    """
    with reading(settings, [Instructions()]) as app, answerable():
        moment = moment_of(as_of, as_known_at)
        now = end_of(moment, app.clock())
        found = open_instructions(app.views, moment, partner=partner, limit=limit)
    rows = [_row(each) | {"age_h": int((now - each.asked_at).total_seconds()) // 3600} for each in found]
    if format is Format.TABLE:  # amounts of several currencies in one column name theirs
        rows = [row | {"amount": str(row["amount"])} for row in rows]
    show(rows, format, columns=_COLUMNS)


def _row(instruction: Instruction) -> dict[str, Any]:
    return {name: getattr(instruction, name) for name in _COLUMNS if name != "age_h"} | {
        "facts": dict(instruction.facts)
    }
