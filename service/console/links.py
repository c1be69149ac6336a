"""Links of a page: from the value of a field to the page of the thing that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from ledger.ids import merchant_of, order_of
from service.console.session import HOME
from service.questions.links import PREFIX, Link, links_for
from service.questions.presentation import instant_in_utc
from service.questions.question import Role
from service.questions.registry import QUESTIONS

_ORDER = ("order_id", "order")
_ITEMS: Mapping[str, str] = {  # of the month's checklist: the question that shows the open things
    "breaks": "breaks-by-kind", "unmatched": "unmatched", "proposals": "proposals", "rates": "rates",
    "revaluation": "trial-balance", "closing": "periods",
}  # fmt: skip
# By the name of a field: the pages that it may lead to, of which the first that the reader may see is taken.
_NAMED: Mapping[str, tuple[Link, ...]] = {
    **{name: (Link("balance", {"merchant": name}),) for name in ("merchant", "merchant_id")},
    **{
        name: (
            Link("history", {"order": name, "merchant": "merchant"}),
            Link("history", {"order": name}),
            Link("track", {"order": name, "merchant": "merchant"}),
            Link("track", {"order": name}),
        )
        for name in _ORDER
    },
    "event_id": (Link("show event", {"id": "event_id"}),),
    "payout_id": (Link("show payout", {"id": "payout_id"}),),
    "statement_id": (Link("show statement", {"id": "statement_id"}),),
    **{name: (Link("show settlement-run", {"id": name}),) for name in ("run_id", "run")},
    "subscription_id": (Link("subscription", {"id": "subscription_id"}),),
}


@dataclass(frozen=True, slots=True)
class Linker:
    """Makes the addresses of a page for its reader. Each carries the times that were picked."""

    role: Role
    times: Mapping[str, str]

    def page(self, path: str, **query: Any) -> str:
        """Returns the address of a page of the console, with these parameters."""
        target = urlsplit(path)
        given = {
            name: instant_in_utc(value) if isinstance(value, datetime) else str(value)
            for name, value in query.items()
            if value not in (None, "")
        }
        parts = filter(None, (target.query, urlencode({**self.times, **given})))
        return f"{HOME}{target.path}?{'&'.join(parts)}".removesuffix("?")

    def of_field(self, name: str, row: Any) -> str:
        """Returns the address of the thing that a field of the row names, or an empty text."""
        match name, _value(row, name):
            case "stream", str(stream) if order := order_of(stream):
                name, row = "order", {"order": order, "merchant": merchant_of(stream)}
            case "delivery", "webhook" if id := _value(row, "subscription_id"):
                return self.page(QUESTIONS["deliveries"].path.format(subscription=id))
            case "item", str(item) if item in _ITEMS:
                return self.page(QUESTIONS[_ITEMS[item]].path)
        for link in _NAMED.get(name, ()):
            if link.is_open_to(self.role) and (address := link.address(row)):
                return self._of_console(address)
        return ""

    def of_row(self, row: Any) -> str:
        """Returns the address of the row itself, or an empty text."""
        found = links_for(self.role)(row) or {}
        return self._of_console(found["self"]) if "self" in found else ""

    def _of_console(self, address: str) -> str:
        return self.page(address.removeprefix(PREFIX))


def _value(row: Any, name: str) -> Any:
    return row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
