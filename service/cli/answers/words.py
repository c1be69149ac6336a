"""An order as its buyer reads it, in the buyer's language."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from service.cli.options import Format
from service.cli.output import print_text, show
from service.tables.tables import TIMELINE_IN_WORDS

if TYPE_CHECKING:
    from service.tracking.page_in_words import AfterSalesInWords, PageInWords, ParcelInWords


def print_in_words(words: PageInWords, format: Format) -> None:
    """Prints the page in the buyer's language; as CSV the timelines alone."""
    if format is Format.CSV:
        show(TIMELINE_IN_WORDS, [row for parcel in words.parcels for row in _timeline(parcel)], format)
    else:
        _print_text(words)


def _print_text(words: PageInWords) -> None:
    print_text(f"{words.order}: {words.status}", style="bold")
    for line in words.lines:
        print_text(f"{line.title}, {line.quantity}", indent=2)
    for parcel in words.parcels:
        remarks = filter(None, (parcel.status, parcel.late, parcel.gap))
        print_text(f"\n{parcel.parcel}: {' · '.join(remarks)}", style="bold")
        show(TIMELINE_IN_WORDS, _timeline(parcel), Format.TABLE)
        print_text(_after_sales(parcel.after_sales))
    for refund in words.refunds:
        print_text(" · ".join(filter(None, (refund.refund, refund.status, refund.paid or refund.amount))))
    if words.after_sales.options:
        print_text(_after_sales(words.after_sales))


def _timeline(parcel: ParcelInWords) -> list[dict[str, Any]]:
    return [{"parcel": parcel.parcel, **asdict(fact)} for fact in parcel.timeline]


def _after_sales(after_sales: AfterSalesInWords) -> str:
    return " · ".join([after_sales.text, *(option.text for option in after_sales.options)])
