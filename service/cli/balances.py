"""`redledger balances`: what each merchant has, now, on an accounting day, or as it was known at an instant."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import typer

from projections.balances import PROJECTION, Moment
from projections.balances import balances as read_balances
from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import show
from service.cli.reading import reading
from service.failures import ServiceFailure
from service.settings import Settings

_COLUMNS = ("merchant", "pending", "available", "on_hold", "in_transit", "paid", "due_from_merchant")


@takes_settings()
def balances(
    settings: Settings,
    merchant: Annotated[str | None, typer.Option(help="Only this merchant's, as in M-1042.")] = None,
    as_of: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="At the end of this accounting day, as in 2025-06-30.")
    ] = None,
    as_known_at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="From what was recorded by then, as in 2025-07-03T08:00:00Z.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """What merchants have: pending, available, on hold, in transit, paid out and owed by them, all in CNY.

    Both times may be asked together: --as-of 2025-06-30 --as-known-at 2025-07-03T08:00:00Z is the balance of 30 June as
    it was known on 3 July.
    """
    moment = Moment(as_of=_day(as_of), as_known_at=_instant(as_known_at))
    with reading(settings, [PROJECTION]) as app:
        try:
            answer = read_balances(app.views, moment, merchant=merchant)
        except ValueError as error:
            raise ServiceFailure(f"{error}.") from None
    if merchant is not None and not answer.merchants:
        raise ServiceFailure(f"No money of a merchant {merchant!r} was recorded by then.")
    rows = [{name: getattr(found, name) for name in _COLUMNS} for found in answer.merchants]
    show(rows, format, title="Merchant balances, CNY", columns=_COLUMNS)


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a day such as 2025-06-30", param_hint="--as-of") from None


def _instant(text: str | None) -> datetime | None:
    try:
        instant = datetime.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is not an instant such as 2025-07-03T08:00:00Z", param_hint="--as-known-at"
        ) from None
    if instant is not None and instant.tzinfo is None:
        raise typer.BadParameter(f"{text!r} names no zone: 2025-07-03T08:00:00Z does", param_hint="--as-known-at")
    return instant
