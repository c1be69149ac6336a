"""Links of answers: the addresses of the things that a row names, as far as its reader may read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from service.questions.presentation import Links
from service.questions.question import Role
from service.questions.registry import QUESTIONS

PREFIX = "/v1"


@dataclass(frozen=True, slots=True)
class Link:
    """An address: the question that answers there, and for each of its parameters the field of the row with its value.

    A field of a nested object is named as `event.payout_id`. Without a value there is no link. `kinds` are the kinds of
    things that it is for, by default all.
    """

    question: str
    values: Mapping[str, str]
    kinds: tuple[str, ...] = ()

    def is_open_to(self, role: Role | None) -> bool:
        readers = QUESTIONS[self.question].readers
        return role is None or role in readers.any | readers.own

    def address(self, row: Any) -> str | None:
        """Returns the address, or None if a value is missing."""
        target = QUESTIONS[self.question]
        if self.kinds and _field(row, "kind") not in self.kinds:
            return None
        values = {name: _field(row, field) for name, field in self.values.items()}
        if not all(values.values()):
            return None
        path, query = target.path, {}
        for each in target.parameters:
            if each.name in values and target.names_in_path(each):
                path = path.replace(f"{{{each.name}}}", quote(str(values[each.name]), safe=""))
            elif each.name in values:
                query[each.outside] = str(values[each.name])
        return f"{PREFIX}{path}" + (f"?{urlencode(query)}" if query else "")


def _field(row: Any, field: str) -> Any:
    for name in field.split("."):
        row = row.get(name) if isinstance(row, Mapping) else getattr(row, name, None)
    return row


_ORDER = {"order": "order_id", "merchant": "merchant"}
_OF_ORDER = ("order", "parcel", "return", "payment", "refund", "dispute")
_EVENT = (Link("show event", {"id": "event_id"}),)
_RUN = (Link("show settlement-run", {"id": "run_id"}),)
_MERCHANT_RUN = (Link("payouts", {"merchant": "merchant_id", "run": "run_id"}),)
_STATEMENT = (Link("show statement", {"id": "statement_id"}),)
# By the class of a row or of an object in it: the name of each link, and its addresses, of which the first that the
# reader may read is taken.
LINKS: Mapping[str, Mapping[str, tuple[Link, ...]]] = {
    "PayoutRow": {
        "self": (Link("show payout", {"id": "payout_id"}),),
        "statement": _STATEMENT,
        "settlement_run": _RUN,
        "event": _EVENT,
    },
    "SettlementStatementIssued": {
        "self": _STATEMENT,
        "settlement_run": _RUN,
        "payouts": _MERCHANT_RUN,
    },
    "RunStatement": {
        "self": _STATEMENT,
        "settlement_run": _RUN,
        "payouts": (Link("payouts", {"merchant": "merchant", "run": "run_id"}),),
        "event": _EVENT,
    },
    "ShownStatement": {
        "self": _STATEMENT,
        "settlement_run": _RUN,
        "payouts": _MERCHANT_RUN,
        "event": _EVENT,
    },
    "StatementLine": {"event": _EVENT},
    "ShownRun": {
        "self": _RUN,
        "payouts": (Link("payouts", {"run": "run_id"}),),
        "statements": (Link("run-statements", {"id": "run_id"}),),
    },
    "ShownEvent": {
        "self": _EVENT,
        "payout": (Link("show payout", {"id": "event.payout_id"}),),
        "settlement_run": (Link("show settlement-run", {"id": "event.run_id"}),),
        "statement": _STATEMENT,
        "order": (Link("history", _ORDER),),
        "lines": (Link("lines", {"merchant": "merchant"}),),
    },
    "EntryLine": {
        "order": (Link("history", {"order": "order", "merchant": "merchant"}),),
        "lines": (Link("lines", {"merchant": "merchant"}),),
    },
    "BreaksOfKind": {"self": (Link("exceptions", {"kind": "kind"}),)},
    "ExpectedMoney": {"self": (Link("reconciliation", {}),)},
    "JournalLine": {"event": _EVENT},
    "TrailRow": {"event": _EVENT, "order": (Link("history", _ORDER),)},
    "LateEvent": {"event": _EVENT},
    "Thing": {
        "self": (
            Link("history", _ORDER, _OF_ORDER),
            Link("track", _ORDER, _OF_ORDER),
            Link("show payout", {"id": "id"}, ("payout",)),
            Link("show statement", {"id": "id"}, ("statement",)),
            Link("show event", {"id": "event_id"}),
        ),
        "event": _EVENT,
    },
}


@cache
def links_for(role: Role | None) -> Links:
    """Returns the function that finds the links of a row for a reader in this role; without one, for the machine
    itself."""
    open_ = {
        kind: {name: tuple(link for link in links if link.is_open_to(role)) for name, links in declared.items()}
        for kind, declared in LINKS.items()
    }

    def links_of(row: Any) -> Mapping[str, str] | None:
        declared = open_.get(type(row).__name__)
        if declared is None:
            return None
        found = {
            name: next(filter(None, (link.address(row) for link in links)), None) for name, links in declared.items()
        }
        return {name: address for name, address in found.items() if address}

    return links_of
