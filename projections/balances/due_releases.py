"""Orders whose money may fall due: from the first signature until the order is completed or cancelled."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Column, DateTime, Integer, Text, text

from ledger.canonical import canonical
from ledger.deadlines import NEVER, known
from ledger.events.disputes import DisputeLost, DisputeWon
from ledger.events.orders import OrderCancelled, OrderCompleted
from ledger.events.parcels import ParcelDeemedSigned, ParcelSignedFor
from ledger.events.payments import PaymentAllocated
from ledger.events.platform import PolicyPublished
from ledger.events.refunds import (
    RefundApproved,
    RefundAutoApproved,
    RefundRejected,
    RefundWithdrawn,
    ReturnExpired,
    ReturnReceived,
)
from ledger.events.settlement import HoldReleased, SettlementReleased
from ledger.ids import belongs_to
from ledger.log.rows import Recorded
from ledger.policies.release import Release
from projections.engine.batch import Batch, KeptRows
from projections.engine.projection import Projection
from projections.engine.tables import kept_table
from projections.engine.views import Held, Opened, Vector, Views
from projections.keyset import Key, behind


def _text(name: str, *, key: bool = False) -> Column[Any]:
    return Column(name, Text(collation="C"), primary_key=key)


DUE = kept_table(
    "due_releases",
    _text("merchant", key=True),
    _text("order_id", key=True),
    Column("first_signed_at", DateTime(timezone=True), nullable=False),
    _text("signed_at"),  # JSON array of the instants of all signatures, in order
    # the last release of units that were signed for and due; NULL if none
    Column("released_at", DateTime(timezone=True)),
    indexes=[("first_signed_at", "order_id")],
)
RULES = kept_table(
    "release_rules",
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("effective_from", DateTime(timezone=True), nullable=False),
    _text("content"),
)
_OVER = (OrderCompleted.name, OrderCancelled.name)


class DueReleases(Projection):
    """Lists orders for the release timer. The release policy and the command decide which units are due.

    Every event that may change that decision moves the row's `changed_at_position`, so that the timer asks again.
    """

    name = "due_releases"
    version = 7
    tables = (DUE, RULES)
    events = (
        PolicyPublished,
        ParcelSignedFor,
        ParcelDeemedSigned,
        PaymentAllocated,
        RefundApproved,
        RefundAutoApproved,
        RefundRejected,
        RefundWithdrawn,
        ReturnReceived,
        ReturnExpired,
        DisputeLost,
        DisputeWon,
        SettlementReleased,
        HoldReleased,
        OrderCancelled,
        OrderCompleted,
    )

    def fold(self, batch: Batch) -> None:
        rows = batch.rows(DUE)
        rows.load(belongs_to(recorded.stream) for recorded in batch.events if recorded.type != PolicyPublished.name)
        for recorded in batch.events:
            if recorded.type == PolicyPublished.name:
                _publish(batch.rows(RULES), recorded)
            elif recorded.type in _OVER:
                rows.delete(*belongs_to(recorded.stream), at=recorded.position)
            else:
                _touch(rows, recorded)


def next_releases(
    views: Views,
    *,
    now: datetime,
    at_least: Vector,
    merchants: list[str] | None = None,
    limit: int | None = None,
    after: Key | None = None,
    timeout_s: float = 5.0,
) -> tuple[dict[str, datetime], Held]:
    """Returns, by merchant, the instant at which its first unreleased units fall due by the policy in force, the next
    first; those after the key `after`, instant and merchant.

    The instant is before `now` if a release is overdue. Blocked units are included. The second value holds the
    positions and the books that the view leaves out. Raises `ViewBehind`.
    """
    rest, key = behind(("due_at", "merchant"), after)

    def query(opened: Opened) -> tuple[dict[str, datetime], Held]:
        held = opened.upto(at_least)
        release = _in_force(opened, now)
        if release is None:
            return {}, held
        statement = f"""
            SELECT * FROM (
                SELECT d.merchant, least(min(CAST(s.at AS timestamptz)) + CAST(:window AS interval), :never) AS due_at
                FROM {opened.generation.stored_name(DUE)} d,
                jsonb_array_elements_text(CAST(d.signed_at AS jsonb)) AS s(at)
                WHERE d.book = ANY(:books) AND NOT d.deleted
                  AND (d.released_at IS NULL OR CAST(s.at AS timestamptz) > d.released_at - CAST(:window AS interval))
                  AND (CAST(:merchants AS text[]) IS NULL OR d.merchant = ANY(CAST(:merchants AS text[])))
                GROUP BY d.merchant
            ) AS coming WHERE {rest} ORDER BY due_at, merchant LIMIT :limit"""
        values = {"books": list(opened.vector), "merchants": merchants, "limit": limit, "never": NEVER}
        found = opened.connection.execute(text(statement), values | {"window": release.after_signature} | key)
        return {row.merchant: row.due_at for row in found}, held

    return views.read(DueReleases(), query, at_least=at_least, timeout_s=timeout_s, past_stops=True)


def instants_of(signed_at: str) -> list[datetime]:
    """Returns the instants of the column `signed_at`."""
    return [datetime.fromisoformat(instant) for instant in from_json(signed_at)]


def _in_force(opened: Opened, now: datetime) -> Release | None:
    statement = f"""
        SELECT version, content FROM {opened.generation.stored_name(RULES)}
        WHERE book = ANY(:books) AND effective_from <= :now
        ORDER BY effective_from DESC, version DESC"""
    found = opened.connection.execute(text(statement), {"books": list(opened.vector), "now": now})
    return next((release for _, release in Release.in_turn((version, content) for version, content in found)), None)


def _publish(rows: KeptRows, recorded: Recorded) -> None:
    event = recorded.event
    if isinstance(event, PolicyPublished) and event.key == Release.key:
        row = {"version": event.version, "effective_from": event.effective_from, "content": canonical(event.content)}
        rows.put(row, at=recorded.position)


def _touch(rows: KeptRows, recorded: Recorded) -> None:
    signed_at, undone = _signature(recorded), _undone(recorded)
    key = belongs_to(recorded.stream)
    row = rows.last(*key) if signed_at or undone else rows.get(*key)
    if row is None:
        if signed_at is None:
            return
        row = {"merchant": key[0], "order_id": key[1], "first_signed_at": signed_at, "signed_at": "[]"}
        row["released_at"] = None
    if undone:
        row["released_at"] = None
    if signed_at is not None:
        instants = sorted({*instants_of(row["signed_at"]), signed_at})
        row["first_signed_at"] = instants[0]
        row["signed_at"] = canonical([instant.isoformat() for instant in instants])
    if released_at := _released_at(recorded):
        row["released_at"] = released_at
    rows.put(row, at=recorded.position)


def _released_at(recorded: Recorded) -> datetime | None:
    match recorded.event if recorded.type == SettlementReleased.name else None:
        case SettlementReleased(rule="signed_off", released_at=instant):
            return instant
    return None


def _undone(recorded: Recorded) -> bool:
    """True if units of an order come back that may be signed for, also of an order that was over."""
    match recorded.event if recorded.type in (DisputeWon.name, ReturnExpired.name) else None:
        case DisputeWon(undone=undone) | ReturnExpired(undone=undone):
            return undone is not None
    return False


def _signature(recorded: Recorded) -> datetime | None:
    match recorded.event if recorded.type in (ParcelSignedFor.name, ParcelDeemedSigned.name) else None:
        case (ParcelSignedFor(happened_at=instant) | ParcelDeemedSigned(signed_at=instant)) as event:
            return known(event.counts_from(instant))
    return None
