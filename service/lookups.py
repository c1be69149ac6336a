"""The things that can be looked up by id. Each entry serves the command line and HTTP.

Heavy modules are imported at the first lookup, because the command line reads this module for its help.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from service.failures import ServiceFailure

if TYPE_CHECKING:
    from ledger.log.rows import Recorded
    from projections.engine.projection import Projection
    from service.app import App

Found = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Lookup:
    """One kind of thing. `find` returns its fields, or None if the id is unknown."""

    noun: str
    path: str
    says: str
    find: Callable[[App, str], Found | None]
    views: Callable[[], tuple[Projection, ...]] = tuple


def look_up(app: App, kind: str, id: str) -> Found:
    """Returns the fields of the thing. Raises `ServiceFailure` if the id is unknown."""
    lookup = LOOKUPS[kind]
    found = lookup.find(app, id)
    if found is None:
        raise ServiceFailure(f"{lookup.noun} {id} is not known. Check the id.")
    return found


def _payout(app: App, id: str) -> Found | None:
    from projections.balances.payouts import payouts

    found = payouts(app.views, payout_id=id, limit=1)
    return {each.name: getattr(found[0], each.name) for each in fields(found[0])} if found else None


def _statement(app: App, id: str) -> Found | None:
    from pydantic_core import from_json

    from ledger.events.statements import SettlementStatementIssued
    from projections.balances.payouts import issued_at
    from service.finance.statements import statement_of

    place = issued_at(app.views, id)
    event = place and _row(app, *place).event
    if not isinstance(event, SettlementStatementIssued):
        return None
    issued: Found = from_json(statement_of(app, [event]).json)
    return issued


def _run(app: App, id: str) -> Found | None:
    from pydantic_core import from_json

    from ledger.ids import settlement_run_stream
    from ledger.streams.loader import load_stream
    from ledger.streams.statements import SettlementRun

    run = load_stream(app.ledger.reader, 0, settlement_run_stream(id), SettlementRun)
    if run.started is None:
        return None
    ended = from_json(run.completed.payload()) if run.completed else {"completed_at": None}
    return {**from_json(run.started.payload()), **ended}


def _event(app: App, id: str) -> Found | None:
    from pydantic_core import from_json

    from projections.audit.trail import place_of

    place = place_of(app.views, id)
    if place is None:
        return None
    row = _row(app, *place)
    names = ("event_id", "book", "position", "stream", "version", "type", "occurred_at", "recorded_at")
    more = ("accounting_date", "correlation_id", "causation_id", "command_id")
    said = {name: getattr(row, name) for name in (*names, *more)}
    said |= {"actor": from_json(row.actor), "source": from_json(row.source), "event": from_json(row.payload)}
    return said | {"entry": row.lines}


def _row(app: App, book: int, position: int) -> Recorded:
    (row,) = app.ledger.reader.read(book, position - 1, 1)
    return row


def _payout_views() -> tuple[Projection, ...]:
    from projections.balances.payouts import Payouts

    return (Payouts(),)


def _statement_views() -> tuple[Projection, ...]:
    from projections.balances.merchant_balances import MerchantBalances
    from projections.balances.payouts import Payouts

    return Payouts(), MerchantBalances()


def _event_views() -> tuple[Projection, ...]:
    from projections.audit.audit_trail import AuditTrail

    return (AuditTrail(),)


LOOKUPS: dict[str, Lookup] = {
    "payout": Lookup(
        "Payout",
        "/payouts/{id}",
        "A payout, with its settlement run and the statement whose closing balance it pays.",
        _payout,
        _payout_views,
    ),
    "statement": Lookup(
        "Statement",
        "/issued-statements/{id}",
        "A statement by its id, with its settlement run and its lines; each line names its event.",
        _statement,
        _statement_views,
    ),
    "settlement-run": Lookup(
        "Settlement run",
        "/settlement-runs/{id}",
        "A settlement run: its cut-off, the position of each book, and its totals.",
        _run,
    ),
    "event": Lookup(
        "Event",
        "/events/{id}",
        "An event by its id: who recorded it and when, its fields and its journal entry. Personal data is sealed.",
        _event,
        _event_views,
    ),
}
