"""The state of the ledger, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.cli.options import Format
from service.cli.output import print_text, show
from service.tables.columns import Table, counts
from service.tables.tables import BOOKS, VIEWS

if TYPE_CHECKING:
    from service.questions.asked import Answer
    from service.views.status import LedgerStatus

_WORST = ("current", "behind", "stopped", "outdated")


def print_status(answer: Answer, format: Format) -> None:
    """Prints a line for each view; as CSV a line for each book and a column for each view."""
    found: LedgerStatus = answer.data
    if format is Format.CSV:
        rows = _by_book(found)
        lags = [name for name in rows[0] if name not in BOOKS.names] if rows else []
        show(Table((*BOOKS.columns, *counts(*lags))), rows, format)
        return
    events = sum(found.books.values())
    print_text(f"Ledger {found.ledger_id}, epoch {found.epoch}, accounting days in {found.zone}")
    if found.demonstration:
        print_text("Demonstration: founded for made-up facts, never for real ones")
    print_text(f"{events:,} events in {sum(map(bool, found.books.values()))} of {len(found.books)} books")
    show(VIEWS, _by_view(found), format)
    for trouble in (*found.troubles, *found.policies):
        print_text(trouble, style="red")
    for left_out in found.incomplete:
        print_text(left_out, style="yellow")
    for loop, count in found.set_aside.items():
        print_text(f"{loop} has set aside {count} items: redledger exceptions --kind set_aside", style="red")


def _by_view(found: LedgerStatus) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for view in found.views:
        row = rows.setdefault(
            view.projection, {"view": view.projection, "version": view.version, "behind": 0, "status": "current"}
        )
        row["behind"] += view.lag
        row["status"] = max(row["status"], view.status, key=_WORST.index)
    return list(rows.values())


def _by_book(found: LedgerStatus) -> list[dict[str, Any]]:
    rows: dict[int, dict[str, Any]] = {book: {"book": book, "head": head} for book, head in found.books.items()}
    names = dict.fromkeys(view.projection for view in found.views)
    for row in rows.values():
        row |= {f"{name}_lag": None for name in names}
    for view in found.views:
        if view.status != "outdated":
            rows[view.book][f"{view.projection}_lag"] = view.lag
    return list(rows.values())
