"""`redledger unmatched` lists unmatched items, and `redledger match` assigns one to its orders."""

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
    """List unmatched money and facts, the oldest first, with the orders that their references point to.

    `amount` is the captured amount, `base` its CNY value in the books, `refunded` the part owed back to the payer.
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
    system: Annotated[str, typer.Argument(metavar="SYSTEM", help="System that reported it, such as stripe.")],
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="Reference of the item there, such as ch_3Nq.")],
    to: Annotated[
        list[str],
        typer.Option(
            "--to",
            metavar="MERCHANT/ORDER[=AMOUNT]",
            help="Order of the item. For a checkout, each order with its part, such as 'M-1042/2025-000017=USD 69.44'.",
        ),
    ],
    by: Annotated[str, typer.Option("--by", metavar="ID", help="Id of the person who decides it.")],
) -> None:
    """Assign an unmatched item to its orders. The item is recorded with them and closed in book 0.

    Money goes to one order, or in parts to several, until none is left. A fact goes to one order. It is safe to run
    the command again if it was cut off.
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
