"""Exceptions that people must look at: breaks of every stream, and unmatched facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic_core import from_json
from sqlalchemy import BigInteger, Column, RowMapping, text

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported, UnmatchedPaymentCaptured
from ledger.events.platform_money import UnmatchedRefundPaid
from ledger.events.settlement import (
    ReconciliationBreakAssigned,
    ReconciliationBreakOpened,
    ReconciliationBreakResolved,
)
from ledger.events.unmatched_money import UnmatchedCaptureFailed, UnmatchedRefundReversed
from ledger.ids import UNKNOWN, UNMATCHED, key_form, merchant_of, unmatched_break
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.balances.balances import NOW, AsOf
from projections.engine.batch import Batch, KeptRows, Row
from projections.engine.columns import by_day, instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Opened, Vector, Views
from projections.keyset import Key, behind
from projections.worklists.break_amounts import amount_of

Status = Literal["open", "resolved"]
_PAID_BACK = "paid_back"
# providers report many facts that concern no order; they are kept without an exception
_NOBODYS_BUSINESS = ("psp_other",)

EXCEPTIONS = kept_table(
    "exceptions",
    text_column("stream", key=True),
    text_column("break_id", key=True),
    text_column("kind"),
    text_column("merchant"),
    text_column("expected"),
    text_column("actual"),
    text_column("refs"),  # JSON
    text_column("owner"),  # the person who handles it; '' if nobody does
    text_column("status"),
    text_column("resolution"),
    instant_column("since"),  # when the difference arose; its age counts from here and never restarts
    instant_column("opened_at"),
    instant_column("resolved_at"),
    # the amount that the difference is about, actual minus expected; null if it is about no money
    text_column("currency"),
    Column("minor", BigInteger),
    Column("waiting_minor", BigInteger),  # of an unmatched capture: the amount neither matched nor paid back
    Column("opened_position", BigInteger, nullable=False),
    Column("resolved_position", BigInteger),  # null while it is open
    indexes=[("status", "since")],
)


class Exceptions(Projection):
    """Keeps breaks, also resolved ones, and unmatched facts until they are matched.

    Unmatched money is open until it is matched, paid back or undone. A later report about it opens it again.
    """

    name = "exceptions"
    version = 8
    tables = (EXCEPTIONS,)
    events = (
        ReconciliationBreakOpened,
        ReconciliationBreakAssigned,
        ReconciliationBreakResolved,
        UnmatchedPaymentCaptured,
        UnmatchedFactReported,
        UnmatchedFactMatched,
        UnmatchedRefundPaid,
        UnmatchedRefundReversed,
        UnmatchedCaptureFailed,
    )

    def fold(self, batch: Batch) -> None:
        rows, reported = batch.rows(EXCEPTIONS), [(recorded, recorded.event) for recorded in batch.events]
        rows.load((recorded.stream, _break_of(recorded, event)) for recorded, event in reported)
        for recorded, event in reported:
            _take(rows, recorded, event)


@dataclass(frozen=True, slots=True)
class ExceptionRow:
    """One exception. `merchant` is '' if it belongs to the platform or is not known. `amount` is actual minus expected,
    None if it is about no money; of an unmatched capture, the money that waits."""

    stream: str
    break_id: str
    kind: str
    merchant: str
    expected: str
    actual: str
    refs: Mapping[str, str]
    owner: str
    status: Status
    resolution: str
    since: datetime
    opened_at: datetime
    resolved_at: datetime | None
    amount: Money | None = None

    @property
    def part(self) -> int:
        """The part of the list: 0 for a break, 1 for an item that failed and is tried again, 2 for a policy."""
        return 2 if self.kind == "invalid_policy" else int("item" in self.refs and "next_try_at" in self.refs)

    @property
    def item(self) -> str:
        return self.refs.get("item", "")

    @property
    def book(self) -> str:
        """The book of an item that was set aside, because two books may have items of one name."""
        return self.refs.get("book", "")

    def age(self, now: datetime) -> timedelta:
        """Returns how long the difference has existed, or had until it was resolved."""
        return (self.resolved_at or now) - self.since


_ORDER = ("since", "stream", "break_id")
# An exception resolved later was open at that time. The owner is always the present one.
_THEN = """
SELECT e.stream, e.break_id, e.kind, e.merchant, e.expected, e.actual, e.refs, e.owner, e.since, e.opened_at,
       e.currency, e.minor, e.waiting_minor,
       CASE WHEN over THEN 'resolved' ELSE 'open' END AS status,
       CASE WHEN over THEN e.resolution ELSE '' END AS resolution,
       CASE WHEN over THEN e.resolved_at END AS resolved_at
FROM unnest(CAST(:books AS integer[]), CAST(:positions AS bigint[])) AS v(book, position)
JOIN {exceptions} e ON e.book = v.book AND NOT e.deleted AND e.opened_position <= v.position AND {opened_by}
CROSS JOIN LATERAL (
    SELECT e.status = 'resolved' AND e.resolved_position <= v.position AND {resolved_by} AS over
) o
"""


def exceptions(
    views: Views,
    *,
    status: Status | None = "open",
    kind: str | None = None,
    merchant: str | None = None,
    limit: int = 500,
    after: Key | None = None,
    timepoint: AsOf = NOW,
    at_least: Vector | None = None,
    timeout_s: float = 5.0,
) -> tuple[ExceptionRow, ...]:
    """Returns the exceptions after the key `after`, the oldest first, with their status at the given time.

    Raises `ViewBehind`, and ValueError for an instant in the future.
    """
    rest, key = behind(_ORDER, after)
    asked = {"status": status, "kind": kind, "merchant": merchant}
    at = timepoint.positions(views)

    def query(opened: Opened) -> tuple[ExceptionRow, ...]:
        conditions = [f"{name} = :{name}" for name, value in asked.items() if value is not None]
        statement = f"""
            SELECT * FROM ({source_of(opened, timepoint, at)}) e WHERE {" AND ".join((rest, *conditions))}
            ORDER BY {", ".join(_ORDER)} LIMIT :limit"""
        vector = opened.upto(at)
        values = {"books": list(vector), "positions": list(vector.values()), "as_of": timepoint.as_of, "limit": limit}
        found = opened.connection.execute(text(statement), values | asked | key)
        return tuple(exception_of(row) for row in found.mappings())

    wanted = timepoint.wanted(at, at_least)
    return views.read(Exceptions(), query, at_least=wanted, timeout_s=timeout_s)


def known_breaks(
    views: Views, breaks: Sequence[tuple[int, str, str]], *, timeout_s: float = 5.0
) -> set[tuple[str, str]]:
    """Returns those of the breaks (book, stream and id) that were opened, also if they are resolved, as stream and id.
    Raises `ViewBehind`.
    """

    asked = {(book, key_form(stream), key_form(id)): (stream, id) for book, stream, id in breaks}

    def query(opened: Opened) -> set[tuple[str, str]]:
        statement = f"""
            SELECT book, stream, break_id FROM {opened.generation.stored_name(EXCEPTIONS)}
            WHERE NOT deleted AND (book, stream, break_id) IN (
                SELECT * FROM unnest(CAST(:books AS integer[]), CAST(:streams AS text[]), CAST(:ids AS text[]))
            )"""
        values = dict(zip(("books", "streams", "ids"), map(list, zip(*asked, strict=True)), strict=True))
        return {asked[row[0], row[1], row[2]] for row in opened.connection.execute(text(statement), values)}

    return views.read(Exceptions(), query, timeout_s=timeout_s)


def source_of(opened: Opened, timepoint: AsOf, at: Vector | None) -> str:
    """Returns the SQL of the exceptions with their status at the given time. It takes `:books`, and for the past
    `:positions` and `:as_of`."""
    stored = opened.generation.stored_name(EXCEPTIONS)
    if at is None and timepoint.as_of is None:
        return f"SELECT * FROM {stored} WHERE book = ANY(:books) AND NOT deleted"
    return _THEN.format(
        exceptions=stored,
        opened_by=by_day("e.opened_at", timepoint.as_of),
        resolved_by=by_day("e.resolved_at", timepoint.as_of),
    )


def _break_of(recorded: Recorded, event: Event) -> str:
    """Returns the id of the break that the event opens or changes."""
    match event:
        case ReconciliationBreakOpened() | ReconciliationBreakAssigned() | ReconciliationBreakResolved():
            return event.break_id
    return unmatched_break(recorded.stream)


def _take(rows: KeptRows, recorded: Recorded, reported: Event) -> None:
    match reported:
        case ReconciliationBreakOpened() as event:
            about = {"kind": event.kind, "expected": event.expected, "actual": event.actual, "refs": event.refs}
            arose = event.arose_at or recorded.occurred_at
            _put_opened(rows, recorded, event.break_id, event.opened_at, about | {"since": min(arose, event.opened_at)})
        case ReconciliationBreakAssigned() as event:
            _change(rows, recorded, event.break_id, owner=event.owner)
        case ReconciliationBreakResolved() as event:
            _resolve(rows, recorded, event.break_id, event.resolution, event.resolved_at)
        case UnmatchedPaymentCaptured() as event:
            about = {"kind": UNMATCHED, "expected": "an order", "actual": f"{event.psp} captured {event.amount}"}
            more = {"refs": event.refs, "waiting_minor": event.amount.minor}
            _unmatched(rows, recorded, event.happened_at, about | more)
        case UnmatchedFactReported(kind=kind) if kind in _NOBODYS_BUSINESS:
            pass
        case UnmatchedFactReported() as event:
            about = {"kind": UNMATCHED, "expected": "an order", "actual": event.kind}
            _unmatched(rows, recorded, event.happened_at, about | {"refs": event.refs})
        case UnmatchedFactMatched() as event:
            _resolve(rows, recorded, unmatched_break(recorded.stream), ", ".join(event.streams), event.matched_at)
        case UnmatchedRefundPaid(refund_id=id) | UnmatchedRefundReversed(refund_id=id) if id == UNKNOWN:
            pass  # a refund that nobody asked for is a break of its own, and the money still waits
        case UnmatchedRefundPaid() as event:
            _paid_back(rows, recorded, event)
        case UnmatchedRefundReversed() as event:
            _liability_reinstated(rows, recorded, event)
        case UnmatchedCaptureFailed() as event:
            _resolve(rows, recorded, unmatched_break(recorded.stream), f"it failed: {event.code}", event.happened_at)


def _unmatched(rows: KeptRows, recorded: Recorded, at: datetime, reported: dict[str, Any]) -> None:
    row = rows.get(recorded.stream, unmatched_break(recorded.stream))
    if row is None or row["status"] == "resolved":
        _put_opened(rows, recorded, unmatched_break(recorded.stream), at, reported | {"since": at})
    elif "waiting_minor" in reported:  # it was already reported unmatched, or the provider captured more of it
        waiting = (row["waiting_minor"] or 0) + reported["waiting_minor"]
        more = reported | _difference(reported) | {"refs": canonical(reported["refs"]), "waiting_minor": waiting}
        rows.put(row | more, at=recorded.position)


def _paid_back(rows: KeptRows, recorded: Recorded, event: UnmatchedRefundPaid) -> None:
    row = _waits_for(rows, recorded, -event.amount)
    if row and row["waiting_minor"] <= 0:
        _resolve(rows, recorded, row["break_id"], _PAID_BACK, event.happened_at)


def _liability_reinstated(rows: KeptRows, recorded: Recorded, event: UnmatchedRefundReversed) -> None:
    row = _waits_for(rows, recorded, event.amount)
    if row and row["waiting_minor"] > 0 and row["resolution"] == _PAID_BACK:
        anew = {"status": "open", "resolution": "", "resolved_at": None, "resolved_position": None}
        _change(rows, recorded, row["break_id"], **anew)


def _waits_for(rows: KeptRows, recorded: Recorded, more: Money) -> Row | None:
    """Adds `more` to the waiting amount of an unmatched capture. Returns its row, or None if no money waited."""
    break_id = unmatched_break(recorded.stream)
    row = rows.get(recorded.stream, break_id)
    if row is None or row["waiting_minor"] is None:
        return None
    _change(rows, recorded, break_id, waiting_minor=row["waiting_minor"] + more.minor)
    return rows.get(recorded.stream, break_id)


def _put_opened(rows: KeptRows, recorded: Recorded, break_id: str, at: datetime, reported: dict[str, Any]) -> None:
    """Opens the exception. One that was open before keeps its age."""
    before = rows.get(recorded.stream, break_id)
    since = min(before["since"], reported["since"]) if before else reported["since"]
    rows.put(_opened(recorded, break_id, at, reported | {"since": since}), at=recorded.position)


def _opened(recorded: Recorded, break_id: str, at: datetime, reported: dict[str, Any]) -> Row:
    return {"waiting_minor": None} | reported | _difference(reported) | {
        "stream": recorded.stream, "break_id": break_id, "merchant": merchant_of(recorded.stream) or "",
        "refs": canonical(reported["refs"]), "owner": "", "status": "open", "resolution": "", "opened_at": at,
        "resolved_at": None, "opened_position": recorded.position, "resolved_position": None,
    }  # fmt: skip


def _difference(reported: dict[str, Any]) -> Row:
    amount = amount_of(reported["expected"], reported["actual"])
    return {"currency": amount.currency, "minor": amount.minor} if amount else {"currency": "", "minor": None}


def _resolve(rows: KeptRows, recorded: Recorded, break_id: str, resolution: str, at: datetime) -> None:
    changes = {"resolution": resolution, "resolved_at": at, "resolved_position": recorded.position}
    _change(rows, recorded, break_id, status="resolved", **changes)


def _change(rows: KeptRows, recorded: Recorded, break_id: str, **changes: Any) -> None:
    row = rows.get(recorded.stream, break_id)
    if row is not None:
        rows.put(row | changes, at=recorded.position)


def exception_of(row: RowMapping) -> ExceptionRow:
    """Returns the exception of a row of the table."""
    values = {name: row[name] for name in ExceptionRow.__dataclass_fields__ if name != "amount"}
    minor = row["minor"] if row["waiting_minor"] is None else row["waiting_minor"]
    amount = Money(minor, row["currency"]) if minor is not None and row["currency"] else None
    return ExceptionRow(**(values | {"refs": from_json(row["refs"]), "amount": amount}))
