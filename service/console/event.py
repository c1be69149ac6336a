"""The page of an event: who recorded it and when, its fields, and its journal entry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.responses import Response

from service.console.layout import shown
from service.console.page import Page

_HEAD = ("occurred_at", "recorded_at", "accounting_date", "actor", "source")
_PLACE = ("merchant", "order_id", "statement_id", "stream", "version", "command_id", "correlation_id", "causation_id")


def event_page(page: Page, values: Mapping[str, Any]) -> Response:
    """Returns the page of the event, with the places before and after it in its book."""
    event, records = page.ask("show event", **values).data, page.records

    def facts(*names: str) -> list[tuple[str, Any]]:
        cells = [(name, records.cells.of(getattr(event, name), name, event)) for name in names]
        return [(page.language.label(name), cell) for name, cell in cells if cell.sort != "none"]

    return shown(
        page,
        "event.html",
        event=event,
        head=facts(*_HEAD),
        place=facts(*_PLACE),
        payload=records.cells.of(event.event, "event"),
        entry=records.grid(page.language.text("journal entry"), event.entry) if event.entry else None,
        earlier=page.linker.page(f"/events/{event.book}:{event.position - 1}") if event.position > 1 else "",
        later=page.linker.page(f"/events/{event.book}:{event.position + 1}"),
    )
