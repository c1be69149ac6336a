"""`redledger status` and `redledger settings`: the state of the ledger, and the settings of the program."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from service.cli.options import Format, FormatOption, takes_settings
from service.cli.output import print_json, print_text, show
from service.cli.view_reads import reading
from service.settings import Settings, settings_table
from service.tables.columns import Table, counts
from service.tables.tables import BOOKS, SETTINGS, VIEWS

if TYPE_CHECKING:
    from service.views.status import LedgerStatus

_WORST = ("current", "behind", "stopped", "outdated")


@takes_settings()
def status(settings: Settings, format: FormatOption = Format.TABLE) -> None:
    """Show the books with their last positions, and the number of events that each view is behind.

    The table has a line for each view; CSV has a line for each book and a column for each view.
    """
    from service.views.status import status_of

    with reading(settings) as app:
        found = status_of(app)
    if format is Format.JSON:
        print_json(asdict(found) | {"troubles": found.troubles, "incomplete": found.incomplete})
        return
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


def settings(format: FormatOption = Format.TABLE) -> None:
    """Show every setting: its flag, its environment variable and its default."""
    show(SETTINGS, settings_table(), format)


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
