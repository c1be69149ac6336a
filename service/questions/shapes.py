"""Shapes of answers that are put together from several sources. The schemas of HTTP are made from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from pydantic_core import from_json

from ledger.actors import Actor, Source, fields_of_actor
from ledger.events.statements import (
    SettlementRunCompleted,
    SettlementRunStarted,
    SettlementStatementIssued,
    StatementTotal,
)
from ledger.fx import CNY
from ledger.ids import belongs_to
from ledger.journal.accounts import AVAILABLE
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.accounting.books_of_account import Turnover
from projections.accounting.differences import LateEvent
from projections.accounting.exposure import Exposure
from projections.accounting.order_contribution import Contribution
from projections.balances.statements import StatementLine
from projections.search.search import Found
from service.finance.rates import RateOfDay
from service.tracking.order_axes import Axes
from service.tracking.page_in_words import PageInWords
from service.tracking.tracking import ShownOrder


@dataclass(frozen=True, slots=True)
class TrialBalance:
    """Every account over a period, and the sum of the closing balances in CNY, which is zero."""

    since: date
    as_of: date
    accounts: tuple[Turnover, ...]
    total: Money


@dataclass(frozen=True, slots=True)
class AllContributions:
    """The sum of all orders that match, also beyond the page, and their number."""

    total: Contribution
    count: int


@dataclass(frozen=True, slots=True)
class FoundSummary:
    """The number of things that a search shows. `cut` is true if there are more, and `sentence` says what to do."""

    shown: int
    cut: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Exposures:
    """Open amounts by account, provider, currency and age."""

    as_of: date
    classes: tuple[Exposure, ...]


@dataclass(frozen=True, slots=True)
class AccountDifference:
    """The difference of one account, later minus earlier."""

    account: str
    currency: str
    difference_cny: Money


@dataclass(frozen=True, slots=True)
class ExplainedDifference:
    """The events that the later answer knows and the earlier one does not, and their sum by account."""

    as_of: date | None
    accounts: tuple[AccountDifference, ...]
    events: tuple[LateEvent, ...]


@dataclass(frozen=True, slots=True)
class DayRates:
    """The rates used for a day."""

    day: date
    rates: tuple[RateOfDay, ...]


@dataclass(frozen=True, slots=True)
class ShownStatement:
    """A statement as issued, with its lines. `lines_hash` is the SHA-256 of the canonical lines (hex), and `event_id`
    the event that issued it."""

    statement_id: str
    merchant_id: str
    number: int
    run_id: str | None
    book: int
    after_position: int
    upto_position: int
    period_from: datetime | None
    period_to: datetime
    opening: Money
    totals: tuple[StatementTotal, ...]
    closing: Money
    lines_hash: str
    issued_at: datetime
    timing: str
    event_id: str
    lines: tuple[StatementLine, ...]


@dataclass(frozen=True, slots=True)
class ShownRun:
    """A settlement run. What it came to is null until it is completed; `refused` maps refusal codes to their number."""

    run_id: str
    cut_off: datetime
    positions: dict[int, int]
    started_at: datetime
    merchants: int | None
    statements: int | None
    payouts: int | None
    paid: Money | None
    refused: dict[str, int] | None
    completed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One line of a journal entry, debit positive; `base` is its value in CNY. A dimension is '' if it is not set."""

    account: str
    amount: Money
    base: Money
    merchant: str = ""
    order: str = ""
    line: str = ""
    parcel: str = ""
    payment: str = ""
    psp: str = ""
    market: str = ""


@dataclass(frozen=True, slots=True)
class ShownEvent:
    """An event as recorded, with its journal entry. Money in `event` has the form of every answer.

    `merchant` and `order_id` say where it belongs. `statement_id` is the statement that it issued, or that covers its
    effect on a merchant's available money. Each is '' if there is none.
    """

    event_id: str
    book: int
    position: int
    stream: str
    version: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    accounting_date: date
    correlation_id: str
    causation_id: str | None
    command_id: str
    actor: Actor
    source: Source | None
    merchant: str
    order_id: str
    statement_id: str
    event: dict[str, Any]
    entry: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True)
class OrderStep:
    """One event of an order: its reason, what it changed (by path), the order after it, the buyer's page then, and its
    journal entry."""

    step: int
    book: int
    position: int
    event_id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: Actor
    source: Source | None
    command_id: str
    reasons: dict[str, str]
    event: dict[str, Any]
    changed: dict[str, Any]
    state: dict[str, Any]
    axes: Axes
    shown: ShownOrder | None
    entry: tuple[EntryLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedOrder(ShownOrder):
    """One order with its parcels as its buyer sees it. `words` is the page in the buyer's language, if one was asked
    for."""

    words: PageInWords | None


def summary_of(found: Found) -> FoundSummary:
    """Returns the result of a search in words, with the next step if there is more or nothing."""
    shown = len(found.things)
    sentence = "1 thing was found." if shown == 1 else f"{shown} things were found."
    if found.cut:
        sentence = f"{shown} things are shown, and there are more. Give more letters of the reference."
    elif not shown:
        sentence = "Nothing has this reference. Give a part of at least three letters, or check the reference."
    return FoundSummary(shown, found.cut, sentence)


def entry_of(lines: list[dict[str, Any]]) -> list[EntryLine]:
    """Returns the lines of a stored journal entry."""
    return [
        EntryLine(
            **{name: value for name, value in line.items() if name not in ("amount", "base", "currency")},
            amount=Money(line["amount"], line["currency"]),
            base=Money(line["base"], CNY),
        )
        for line in lines
    ]


def shown_event(row: Recorded, *, covered_by: Callable[[str], str]) -> ShownEvent:
    """Returns the event. `covered_by` finds the statement of a merchant that covers its position."""
    names = ("event_id", "book", "position", "stream", "version", "type", "occurred_at", "recorded_at")
    more = ("accounting_date", "correlation_id", "causation_id", "command_id")
    plain = {name: getattr(row, name) for name in (*names, *more)}
    parsed: dict[str, Any] = {"actor": fields_of_actor(from_json(row.actor)), "event": from_json(row.payload)}
    parsed["source"] = from_json(row.source) or None
    payload, entry = parsed["event"], tuple(entry_of(row.lines))
    merchant, order = belongs_to(row.stream, payload.get("merchant_id"), payload.get("order_id"))
    issued = payload.get("statement_id", "") if row.type == SettlementStatementIssued.name else ""
    of: dict[str, Any] = {"merchant": merchant, "order_id": order, "statement_id": issued}
    paid = sorted({line.merchant for line in entry if line.account == AVAILABLE.code})
    if len(paid) == 1:
        of["statement_id"] = covered_by(paid[0])
    return ShownEvent(**plain, **parsed, **of, entry=entry)


def shown_statement(
    event: SettlementStatementIssued, lines: tuple[StatementLine, ...], *, event_id: str
) -> ShownStatement:
    names = {each.name for each in fields(ShownStatement)} - {"event_id", "lines"}
    return ShownStatement(**{name: getattr(event, name) for name in names}, event_id=event_id, lines=lines)


def shown_run(started: SettlementRunStarted, completed: SettlementRunCompleted | None) -> ShownRun:
    names = [each.name for each in fields(ShownRun)]
    of: dict[str, Any] = {name: getattr(started, name, getattr(completed, name, None)) for name in names}
    return ShownRun(**of)
