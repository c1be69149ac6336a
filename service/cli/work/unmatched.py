"""`redledger match`: assigns an unmatched item to its orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from service.cli.actor import ACTING, By, acting
from service.cli.options import takes_settings
from service.cli.output import stderr
from service.failures import accepted
from service.settings import Settings

if TYPE_CHECKING:
    from commands.unmatched.match_payment import Part


@takes_settings(*ACTING)
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
    by: By = None,
) -> None:
    """Assign an unmatched item to its orders. The item is recorded with them and closed in book 0.

    Money goes to one order, or in parts to several, until none is left. A fact goes to one order. It is safe to run
    the command again if it was cut off.
    """
    from service.unmatched.items import match as do_match

    with acting(settings, by) as (app, actor):
        parts = [_part(text) for text in to]
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
