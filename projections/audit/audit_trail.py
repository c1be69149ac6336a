"""The audit trail: one row for each event, with its actor, time, source, reason and journal entry."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydantic_core import from_json
from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Text

from ledger.deadlines import in_zone
from ledger.ids import belongs_to
from ledger.log.books import ACCOUNTING_ZONE
from ledger.log.rows import Recorded
from ledger.money import Money
from projections.engine.batch import Batch
from projections.engine.projection import Projection
from projections.engine.tables import appended_table

_SUMMARY_LENGTH = 300
_UNREADABLE = "cannot be read: its text is kept beside it"
_IN_COLUMNS_OF_THEIR_OWN = frozenset(("merchant_id", "order_id"))


def _text(name: str) -> Column[Any]:
    return Column(name, Text(collation="C"))


TRAIL = appended_table(
    "audit_trail",
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("accounting_date", Date, nullable=False),
    # true if the event's own accounting day was already closed when it was recorded
    Column("late", Boolean, nullable=False),
    _text("actor_kind"),
    _text("actor_id"),
    _text("role"),
    _text("source_system"),
    _text("source_ref"),
    _text("event"),
    Column("schema_version", Integer, nullable=False),
    _text("stream"),
    Column("stream_version", Integer, nullable=False),
    _text("order_id"),
    _text("merchant"),
    _text("summary"),
    Column("moved", BigInteger, nullable=False),  # sum of the debits, in CNY fen
    _text("effect"),
    _text("policy_versions"),
    _text("causation_id"),
    _text("correlation_id"),
    _text("command_id"),
    _text("event_id"),
    _text("leaf"),  # hex; a proof of inclusion starts from it
    _text("unreadable"),  # the stored payload if this code cannot read it as JSON, else ''
    indexes=[
        ("order_id", "position"),
        ("merchant", "position"),
        ("actor_id", "position"),
        ("recorded_at", "position"),
        ("event_id",),
    ],
)


class AuditTrail(Projection):
    """Reads the stored JSON, not the event classes, so that a new type of event needs no edit here."""

    name = "audit_trail"
    version = 3
    tables = (TRAIL,)

    def fold(self, batch: Batch) -> None:
        zone = ZoneInfo(ACCOUNTING_ZONE)
        batch.lines(TRAIL).extend(_row(recorded, zone) for recorded in batch.events)


def _row(recorded: Recorded, zone: ZoneInfo) -> tuple[Any, ...]:
    payload, actor, source = _read(recorded.payload), _read(recorded.actor) or {}, _read(recorded.source) or {}
    lines, known = _lines(recorded), payload or {}
    merchant, order = belongs_to(recorded.stream, known.get("merchant_id"), known.get("order_id"))
    return (
        recorded.book,
        recorded.position,
        recorded.recorded_at,
        recorded.occurred_at,
        recorded.accounting_date,
        _is_late(recorded, zone),
        actor.get("kind", ""),
        actor.get("id", ""),
        actor.get("role", ""),
        source.get("system", ""),
        source.get("external_id", ""),
        recorded.type,
        recorded.schema_version,
        recorded.stream,
        recorded.version,
        order,
        merchant,
        _UNREADABLE if payload is None else summary_of(payload),
        sum(line["base"] for line in lines if line["base"] > 0),
        effect_of(lines),
        recorded.policy_versions,
        recorded.causation_id,
        recorded.correlation_id,
        recorded.command_id,
        recorded.event_id,
        recorded.leaf.hex(),
        recorded.payload if payload is None else "",
    )


def _read(text: str) -> dict[str, Any] | None:
    """Returns the JSON object of a stored text, or None if it is not a readable object."""
    try:
        found = from_json(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _lines(recorded: Recorded) -> list[dict[str, Any]]:
    """Returns the journal lines, or none if the entry cannot be read (`verify-log` reports such an entry)."""
    try:
        return recorded.lines
    except ValueError:
        return []


def _is_late(recorded: Recorded, zone: ZoneInfo) -> bool:
    happened: datetime = in_zone(recorded.occurred_at, zone)
    return recorded.accounting_date > happened.date()


def summary_of(payload: dict[str, Any]) -> str:
    """Returns the event's fields in one line, at most 300 characters. A sealed value is shown as "(sealed)"."""
    said = (
        f"{name} {text}"
        for name, value in payload.items()
        if name not in _IN_COLUMNS_OF_THEIR_OWN and (text := _said(value))
    )
    return ", ".join(said)[:_SUMMARY_LENGTH]


def _said(value: Any) -> str:
    """Returns a field as a short text, or '' for a value that is left out."""
    match value:
        case bool():
            return "yes" if value else "no"
        case str() | int():
            return str(value)
        case {"box": str(), "subject": str()}:
            return "(sealed)"
        case {"minor": int(minor), "currency": str(currency)}:
            return _money(minor, currency)
        case {"base": str(base), "quote": str(quote), "value": str(rate)}:
            return f"{base}/{quote} {rate}"
        case list() if value:
            return f"× {len(value)}"
    return ""


def effect_of(lines: list[dict[str, Any]]) -> str:
    """Returns the entry in one line, debits positive: `1110 USD 69.44; 2220 USD -69.44`."""
    return "; ".join(f"{line['account']} {_money(line['amount'], line['currency'])}" for line in lines)


def _money(minor: int, currency: str) -> str:
    """Returns an amount as text; in minor units if this code does not know the currency."""
    try:
        return str(Money(minor, currency))
    except ValueError:
        return f"{currency} {minor} (minor units)"
