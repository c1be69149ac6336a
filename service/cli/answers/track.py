"""Tracking of an order, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from service.cli.answers.words import print_in_words
from service.cli.options import Format
from service.cli.output import print_text, show
from service.tables.tables import TIMELINE

if TYPE_CHECKING:
    from service.questions.asked import Answer


def print_tracking(answer: Answer, format: Format) -> None:
    """Prints the parcels of an order, in the buyer's words if a locale was asked for."""
    found = answer.data
    if found["words"] is not None:
        print_in_words(found["words"], format)
    elif format is Format.CSV:
        show(TIMELINE, [row for parcel in found["parcels"] for row in _timeline(parcel)], format)
    else:
        _print_text(found)


def _timeline(parcel: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"parcel": parcel["parcel_id"], **entry} for entry in parcel["timeline"]]


def _print_text(found: Mapping[str, Any]) -> None:
    from ledger.money import Money

    print_text(f"Order {found['order_id']} of {found['merchant']}, {found['market']}: {found['text']}", style="bold")
    for line in found["lines"]:
        left = f", {line['unshipped']} not sent" if line["unshipped"] else ""
        print_text(f"{line['qty']} × {line['title']}{left}", indent=2)
    for parcel in found["parcels"]:
        print_text(f"\nParcel {parcel['parcel_id']}: {parcel['text']}{_remarks(parcel)}", style="bold")
        if parcel["under_review"] or parcel["disputed"]:
            for item in parcel["items"]:
                print_text(f"{item['qty']} × {item['title']}{_remarks(item)}", indent=2)
        show(TIMELINE, _timeline(parcel), Format.TABLE)
    for refund in found["refunds"]:
        amount = f", {Money(**refund['amount'])}" if refund["amount"] else ""
        print_text(f"Refund {refund['refund_id']}: {refund['state'].replace('_', ' ')}{amount}")
    if options := found["after_sales"]["options"]:
        print_text(f"After-sales for what was not sent: {', '.join(options)}")


_ABOUT = ("under_review", "disputed")  # of a parcel whether, of its items how many


def _remarks(parcel: Mapping[str, Any]) -> str:
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
