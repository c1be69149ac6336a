"""`redledger track`: the parcels of an order, as the buyer sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.orders.words import print_in_words
from service.cli.output import print_json, print_text, show
from service.cli.view_reads import one_order, reading
from service.failures import ServiceFailure
from service.settings import Settings
from service.tables.tables import TIMELINE

if TYPE_CHECKING:
    from projections.tracking.answer import OrderTracking, ParcelTracking


@takes_settings()
def track(
    settings: Settings,
    order: Annotated[str, typer.Argument(help="Id of the order, such as 2025-000017.")],
    merchant: Annotated[
        str | None, typer.Option(help="Merchant of the order, if several have an order of this id.")
    ] = None,
    locale: Annotated[
        str | None, typer.Option(help="Language of the buyer, such as en-US, zh-Hans, zh-Hant-MO or pt-MO.")
    ] = None,
    format: FormatOption = Format.TABLE,
) -> None:
    """Show the parcels of an order on both legs, and the after-sales that the buyer may request now.

    Shows the buyer's view: no CNY amount, no fee, no partner's name.
    """
    from projections.tracking.tracking import PROJECTION
    from projections.tracking.tracking import track as read_tracking
    from service.tracking.localisation import localised, reader_of
    from service.tracking.tracking import reported

    if locale is not None:
        reader_of(locale)  # refused before anything is read
    with reading(settings, [PROJECTION], order=order, merchant=merchant) as app, one_order():
        found = read_tracking(app.views, order, merchant=merchant)
        now = app.clock()
    if found is None:
        raise ServiceFailure(f"Nothing of order {order} is there to be tracked.")
    if locale is not None:
        words = localised(found, now, reader_of(locale, market=found.market))
        print_in_words(words, format)
        return
    match format:
        case Format.JSON:
            print_json(reported(found, now))
        case Format.CSV:
            show(TIMELINE, [row for parcel in found.parcels for row in _timeline(parcel)], format)
        case Format.TABLE:
            _print_text(found, reported(found, now))


def _timeline(parcel: ParcelTracking) -> list[dict[str, Any]]:
    return [
        {
            "parcel": parcel.parcel_id,
            "happened_at": entry.happened_at,
            "milestone": entry.milestone,
            "text": entry.text,
            "location": entry.location,
        }
        for entry in parcel.timeline
    ]


def _print_text(found: OrderTracking, plain: dict[str, Any]) -> None:
    print_text(f"Order {found.order_id} of {found.merchant}, {found.market}: {found.text}", style="bold")
    for line in found.lines:
        print_text(f"{line.qty} × {line.title}" + (f", {line.unshipped} not sent" if line.unshipped else ""), indent=2)
    for parcel, reported_parcel in zip(found.parcels, plain["parcels"], strict=True):
        print_text(f"\nParcel {parcel.parcel_id}: {parcel.text}{_remarks(reported_parcel)}", style="bold")
        if parcel.under_review or parcel.disputed:
            for item in reported_parcel["items"]:
                print_text(f"{item['qty']} × {item['title']}{_remarks(item)}", indent=2)
        show(TIMELINE, _timeline(parcel), Format.TABLE)
    for refund in plain["refunds"]:
        print_text(f"Refund {refund['refund_id']}: {refund['state'].replace('_', ' ')}" + _of(refund["amount"]))
    if options := plain["after_sales"]["options"]:
        print_text(f"After-sales for what was not sent: {', '.join(options)}")


_ABOUT = ("under_review", "disputed")  # of a parcel whether, of its items how many


def _of(amount: str | None) -> str:
    return f", {amount}" if amount else ""


def _remarks(parcel: dict[str, Any]) -> str:
    from service.tables.cells import instant_text

    after_sales = parcel["after_sales"]
    remarks = [", late to the warehouse"] if parcel.get("late") else []
    remarks += [
        f", {parcel[about]} {about.replace('_', ' ')}"
        for about in _ABOUT
        if type(parcel[about]) is int and parcel[about]
    ]
    if after_sales["options"]:
        until = f" until {instant_text(after_sales['closes_at'])}" if after_sales["closes_at"] else ""
        remarks.append(f"; after-sales: {', '.join(after_sales['options'])}{until}")
    elif after_sales["lock_ends_at"]:
        remarks.append(f"; after-sales locked until {instant_text(after_sales['lock_ends_at'])}")
    else:
        remarks.append(f"; no after-sales: {after_sales['reason'].replace('_', ' ')}")
    return "".join(remarks)
