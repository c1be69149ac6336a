"""Links of a page: from the value of a field to the page of the thing that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from service.console.session import HOME
from service.questions.links import PREFIX, Link, links_for
from service.questions.question import Role

_ORDER = ("order_id", "order")
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
        given = {name: str(value) for name, value in query.items() if value not in (None, "")}
        parts = filter(None, (target.query, urlencode({**self.times, **given})))
        return f"{HOME}{target.path}?{'&'.join(parts)}".removesuffix("?")

    def of_field(self, name: str, row: Any) -> str:
        """Returns the address of the thing that a field of the row names, or an empty text."""
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
