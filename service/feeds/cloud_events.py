"""Recorded events as CloudEvents 1.0 in JSON: the form in which feeds, webhooks and the broker hand them on.

The row of the log is `data`, as it was recorded: payload and entry are the stored texts, byte for byte, with amounts in
minor units. So a subscriber can compute the hash of the row again, and the service encodes nothing twice.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from ledger.log.rows import Recorded
from service.questions.presentation import instant_in_utc
from service.schemas.catalogue import Kind, SchemaId

SEQUENCE_DIGITS = 19  # of the greatest position; padded, so that `sequence` sorts as text


def source_of(ledger_id: str, book: int) -> str:
    """Returns `source` of a book's events: a URI reference. `source` and `id` together name an event once."""
    return f"/ledgers/{ledger_id}/books/{book}"


def schema_of(row: Recorded) -> str:
    """Returns the address of the JSON Schema of `data`, relative to the service."""
    return SchemaId(Kind.EVENTS, f"{row.type}.v{row.schema_version}").address


def cloud_event(ledger_id: str, row: Recorded) -> str:
    """Returns a row of the log as one line of JSON: the envelope of CloudEvents 1.0.2 §3 and the whole row in `data`.

    `sequence`, `partitionkey` and `recordedtime` are documented extensions of CloudEvents; `book` is ours.
    """
    stated = (
        f'"book":{row.book},"position":{row.position},"stream":{_text(row.stream)},"version":{row.version},'
        f'"schema_version":{row.schema_version},"accounting_date":"{row.accounting_date.isoformat()}",'
        f'"actor":{row.actor},"source":{row.source},"correlation_id":{_text(row.correlation_id)},'
        f'"causation_id":{_text(row.causation_id)},"command_id":{_text(row.command_id)},"command_n":{row.command_n},'
        f'"fingerprint":"{row.fingerprint}","legal_entity":{_text(row.legal_entity)},'
        f'"policy_versions":{row.policy_versions},"leaf":"{row.leaf.hex()}"'
    )
    schema = f'"dataschema":"{schema_of(row)}",'
    return _enveloped(ledger_id, row, schema, stated, row.payload, row.entry or "null")


def merchant_event(ledger_id: str, row: Recorded, payload: dict[str, Any], lines: list[dict[str, Any]]) -> str:
    """Returns a row as a merchant may see it: a part of the payload, its own lines of the entry, and nothing about who
    acted for the platform. The schema of the whole event does not describe it, so it names none."""
    stated = (
        f'"book":{row.book},"position":{row.position},"stream":{_text(row.stream)},"version":{row.version},'
        f'"schema_version":{row.schema_version},"accounting_date":"{row.accounting_date.isoformat()}"'
    )
    return _enveloped(ledger_id, row, "", stated, _text(payload), _text(lines) if lines else "null")


def _enveloped(ledger_id: str, row: Recorded, schema: str, stated: str, payload: str, entry: str) -> str:
    return (
        f'{{"specversion":"1.0","id":"{row.event_id}","source":"{source_of(ledger_id, row.book)}",'
        f'"type":"{row.type}","subject":{_text(row.stream)},"time":"{_instant(row.occurred_at)}",'
        f'"datacontenttype":"application/json",{schema}'
        f'"partitionkey":{_text(row.stream)},"sequence":"{row.position:0{SEQUENCE_DIGITS}d}",'
        f'"recordedtime":"{_instant(row.recorded_at)}","book":{row.book},'
        f'"data":{{{stated},"payload":{payload},"entry":{entry}}}}}'
    )


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _instant(instant: datetime) -> str:
    return instant_in_utc(instant)
