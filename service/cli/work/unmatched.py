"""`redledger unmatched`, what waits there, and `redledger match`, where a person says it belongs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.demonstration import opened
from service.cli.options import AfterOption, Format, FormatOption, LimitOption, takes_settings
from service.cli.output import hours, rows_of, say_more, show, stderr
from service.cli.timepoints import AsKnownAt, AsOfOption, answerable, timepoint_of
from service.cli.two_people import well_formed
from service.cli.view_reads import reading
from service.failures import accepted
from service.questions.pages import page_of
from service.settings import Settings
from service.tables.tables import UNMATCHED

if TYPE_CHECKING:
    from commands.unmatched.match_payment import Part


@takes_settings()
def unmatched(
    settings: Settings,
    as_of: AsOfOption = None,
    as_known_at: AsKnownAt = None,
    limit: LimitOption = 500,
    after: AfterOption = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Money and facts whose order nobody knows yet, the oldest first, with the orders that their names are known by.

    `amount` is what was captured, `base` what it stands at in CNY, `refunded` what of it is owed back to who paid.
    """
    from service.questions.timepoints import end_of
    from service.unmatched.items import PROJECTIONS, waiting

    timepoint = timepoint_of(as_of, as_known_at)
    with reading(settings, PROJECTIONS) as app, answerable():
        now = end_of(timepoint, app.clock())
        page = page_of("unmatched", partial(waiting, app, timepoint), limit=limit, after=after)
    show(UNMATCHED, rows_of(page.rows, UNMATCHED, age_h=lambda row: hours(row.age(now))), format)
    say_more(page.next, len(page.rows))


@takes_settings()
def match(
    settings: Settings,
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="Who reported it, as in stripe.")],
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="What they call it, as in ch_3Nq.")],
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="MERCHANT/ORDER[=AMOUNT]",
            help="The order it belongs to; of a checkout each one with its part, as in 'M-1042/2025-000017=USD 69.44'.",
        ),
    ],
    by: Annotated[str, typer.Option("--by", metavar="ID", help="Who says so.")],
) -> None:
    """Say which orders an unmatched item belongs to: it is reported to them, and given over.

    Money goes to one order or in parts to several, all of it; a fact goes to one. Safe to run again where it was cut
    off.
    """
    from ledger.actors import Actor
    from service.unmatched.items import match as do_match

    with opened(settings) as app, well_formed():
        parts = [_part(text) for text in to]
        actor = Actor(kind="platform", id=by, role="finance")
        accepted(do_match(app, system, reference, parts, actor=actor))
    stderr().print(f"{reference} of {system} belongs to {', '.join(to)}.")


def _part(text: str) -> Part:
    from pydantic import ValidationError

    from commands.unmatched.match_payment import Part

    names, _, amount = text.partition("=")
    merchant_id, slash, order_id = names.partition("/")
    try:
        return Part.model_validate({"merchant_id": merchant_id, "order_id": order_id, "amount": amount or None})
    except ValidationError:
        what = "an amount such as USD 69.44" if slash and amount else "MERCHANT/ORDER, as in M-1042/2025-000017"
        raise typer.BadParameter(f"{text!r} is not {what}", param_hint="--to") from None
