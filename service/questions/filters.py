"""Filters of lists. An unknown value is refused, because an empty list would say that there is nothing.

The command line and HTTP check each filter by its entry in `FILTERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from ledger.events.event import EVENTS
from ledger.events.orders import ChannelType
from ledger.events.type_names import types_named
from ledger.ids import (
    PLATFORM_BOOK,
    UNMATCHED,
    access_account_stream,
    is_id,
    order_stream,
    policy_stream,
    settlement_run_stream,
)
from ledger.journal.accounts import CHART
from ledger.log.refused_commands import RefusedFilter
from ledger.policies.markets import Markets
from ledger.refusals.catalogue import REFUSALS
from ledger.streams.access import AccessAccount
from ledger.streams.loader import load_stream
from projections.accounting.exposure import DUE_FROM_MERCHANTS
from projections.audit.audit_trail import TRAIL, AuditTrail
from projections.balances.payouts import ISSUED, PAYOUT_STATES, Payouts
from projections.engine.projection import Projection
from projections.known_values import is_known, known_values
from projections.reconciliation.instructions import STEPS, Instructions
from projections.sales.sales_by_channel import SALES, SalesByChannel
from projections.worklists.exceptions import EXCEPTIONS, Exceptions
from service.app import App
from service.exception_list import INVALID_POLICY
from service.failures import UnknownValue
from service.loops.set_aside_list import SET_ASIDE
from service.refused_commands import was_refused


@dataclass(frozen=True, slots=True)
class Scope:
    """The merchant or the buyer that a reader asks about."""

    of: Literal["merchant", "buyer"]
    id: str


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter. `noun` names its values, `known` tests one, and `allowed` returns all of them.

    `own` tests if a value is known to one merchant. Without it, no merchant's reader has the filter, or the reader
    tests the value itself. `views` are the views that it reads.
    """

    noun: str
    known: Callable[[App, str], bool] | None = None
    own: Callable[[App, str, str], bool] | None = None
    allowed: Callable[[App], Iterable[str]] | None = None
    views: tuple[Projection, ...] = ()

    def unknown(self, value: str) -> str:
        """Returns the sentence about a value that nobody knows, or that is not the reader's own."""
        return f"{self.noun} {value} is not known. Check the id."

    def problem(self, app: App, value: str, scope: Scope | None = None) -> str | None:
        """Returns the mistake in the value and what to do, or None. A value that is not of the scope is unknown."""
        if self.known is not None:
            return None if self._is_known(app, value, scope) else self.unknown(value)
        assert self.allowed is not None
        allowed = sorted(set(self.allowed(app)))
        if value in allowed:
            return None
        return f"{value} is not a known {self.noun.lower()}. Known are: {', '.join(allowed) or 'none so far'}."

    def _is_known(self, app: App, value: str, scope: Scope | None) -> bool:
        assert self.known is not None
        if scope is None or (scope.of == "merchant" and self.own is None):
            return self.known(app, value)
        if scope.of == "buyer":
            return True  # a buyer learns from the answer alone if there is something of its own
        assert self.own is not None
        return self.own(app, value, scope.id)


def _merchant(app: App, value: str) -> bool:
    return app.ledger.directory.known_book_of(value) is not None


def _order(app: App, value: str) -> bool:
    return app.ledger.directory.has_order(value)


def _actor(app: App, value: str) -> bool:
    return is_known(app.views, AuditTrail(), TRAIL, "actor_id", value)


def event_types(text: str) -> frozenset[str]:
    """Returns the types of events that a text names, such as `payment.*`."""
    return types_named(text, (name for name, _ in EVENTS))


def _event_type(_: App, value: str) -> bool:
    return bool(event_types(value))


def _command(app: App, value: str) -> bool:
    return app.ledger.reader.place_of_command(value) is not None


def _access_account(app: App, value: str) -> bool:
    return bool(app.ledger.reader.read_stream(PLATFORM_BOOK, access_account_stream(value)))


def _refused_order(app: App, value: str) -> bool:
    return _order(app, value) or was_refused(app, RefusedFilter(order=value))


def _refused_order_of(app: App, value: str, merchant: str) -> bool:
    book = app.ledger.directory.known_book_of(merchant)
    placed = book is not None and app.ledger.reader.read_stream(book, order_stream(merchant, value))
    return bool(placed) or was_refused(app, RefusedFilter(merchant=merchant, asked_by=merchant, order=value))


def _refused_actor(app: App, value: str) -> bool:
    return was_refused(app, RefusedFilter(actor=value)) or _access_account(app, value) or _actor(app, value)


def _refused_actor_of(app: App, value: str, merchant: str) -> bool:
    opened = load_stream(app.ledger.reader, PLATFORM_BOOK, access_account_stream(value), AccessAccount).opened
    own = opened is not None and "merchant" in opened.roles and opened.scope == merchant
    return own or was_refused(app, RefusedFilter(merchant=merchant, asked_by=merchant, actor=value))


def _run(app: App, value: str) -> bool:
    return bool(app.ledger.reader.read_stream(0, settlement_run_stream(value)))


def _creator(app: App, value: str) -> bool:
    return is_known(app.views, SalesByChannel(), SALES, "creator_id", value)


def _run_of(app: App, value: str, merchant: str) -> bool:
    return is_known(app.views, Payouts(), ISSUED, "run_id", value, merchant=merchant)


def _creator_of(app: App, value: str, merchant: str) -> bool:
    return is_known(app.views, SalesByChannel(), SALES, "creator_id", value, merchant=merchant)


def _break_kinds(app: App) -> Iterable[str]:
    from commands.reconciliation.flag_missing_line import MissingKind
    from commands.reconciliation.flag_stuck import StuckKind

    by_rule = (UNMATCHED, SET_ASIDE, INVALID_POLICY, *get_args(MissingKind), *get_args(StuckKind))
    return (*by_rule, *known_values(app.views, Exceptions(), EXCEPTIONS, "kind"))


def _partners(app: App) -> Iterable[str]:
    return known_values(app.views, Instructions(), STEPS, "partner")


def _markets(app: App) -> Iterable[str]:
    for recorded in app.ledger.reader.read_stream(0, policy_stream(Markets.key)):
        content = getattr(recorded.readable_event, "content", None)
        yield from (content or {}).get("markets", {})


FILTERS: dict[str, Filter] = {
    "merchant": Filter("Merchant", known=_merchant),
    "order": Filter("Order", known=_order),
    "actor": Filter("Actor", known=_actor, views=(AuditTrail(),)),
    "event_type": Filter("Type of an event", known=_event_type),
    "command": Filter("Command", known=_command),
    "access_account": Filter("Access account", known=_access_account),
    "creator": Filter("Creator", known=_creator, own=_creator_of, views=(SalesByChannel(),)),
    "account": Filter("Account of the chart", allowed=lambda _: (*CHART, DUE_FROM_MERCHANTS)),
    "channel": Filter("Channel", allowed=lambda _: get_args(ChannelType)),
    "kind": Filter("Kind of break", allowed=_break_kinds, views=(Exceptions(),)),
    "market": Filter("Market", allowed=_markets),
    "partner": Filter("Partner", allowed=_partners, views=(Instructions(),)),
    "refusal": Filter("Code of a refusal", allowed=lambda _: REFUSALS),
    "refused_actor": Filter("Actor", known=_refused_actor, own=_refused_actor_of, views=(AuditTrail(),)),
    "refused_order": Filter("Order", known=_refused_order, own=_refused_order_of),
    "run": Filter("Settlement run", known=_run, own=_run_of, views=(Payouts(),)),
    "state": Filter("State of a payout", allowed=lambda _: PAYOUT_STATES),
}


def check_filters(app: App, *, scope: Scope | None = None, **asked: str | None) -> None:
    """Raises `UnknownValue` for the first filter with an unknown value, or one that is not of the scope."""
    for name, value in asked.items():
        if value is not None and (problem := FILTERS[name].problem(app, value, scope)):
            raise UnknownValue(name, problem)


def books_of(app: App, *, merchant: Any = None, order: Any = None) -> frozenset[int] | None:
    """Returns the books that the answer rests on, with the platform's book 0; None if it may be all."""
    if is_id(merchant) and (book := app.ledger.directory.known_book_of(merchant)) is not None:
        return frozenset({PLATFORM_BOOK, book})
    if is_id(order) and (merchants := app.ledger.directory.merchants_of_order(order)):
        return frozenset({PLATFORM_BOOK, *merchants.values()})
    return None


def views_of(names: Iterable[str]) -> list[Projection]:
    """Returns the views that these filters read."""
    return [view for name in names for view in FILTERS[name].views]


def check_days(first: date | None, last: date | None, *, field: str = "from") -> None:
    """Raises `UnknownValue` if the first day is after the last."""
    if first and last and first > last:
        raise UnknownValue(field, f"The first day, {first}, is after the last, {last}. Exchange the two days.")
