"""Recorded events as CloudEvents 1.0 in JSON: the form in which feeds, webhooks and the broker hand them on.

The row of the log is `data`, as it was recorded: payload and entry are the stored texts, byte for byte, with amounts in
minor units. So a subscriber can compute the hash of the row again, and the service encodes nothing twice.
"""

from __future__ import annotations

import json
from typing import Any

from ledger.log.rows import Recorded
from service.questions.presentation import instant_in_utc
from service.schemas.catalogue import Kind, SchemaId

json_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode  # made once: `dumps` makes one each time
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
        f'"book":{row.book},"position":{row.position},"stream":{json_text(row.stream)},"version":{row.version},'
        f'"schema_version":{row.schema_version},"accounting_date":"{row.accounting_date.isoformat()}",'
        f'"actor":{row.actor},"source":{row.source},"correlation_id":{json_text(row.correlation_id)},'
        f'"causation_id":{json_text(row.causation_id)},"command_id":{json_text(row.command_id)},"command_n":{row.command_n},'
        f'"fingerprint":"{row.fingerprint}","legal_entity":{json_text(row.legal_entity)},'
        f'"policy_versions":{row.policy_versions},"leaf":"{row.leaf.hex()}"'
    )
    schema = f'"dataschema":"{schema_of(row)}",'
    return _enveloped(ledger_id, row, schema, stated, row.payload, row.entry or "null")


def merchant_event(ledger_id: str, row: Recorded, payload: dict[str, Any], lines: list[dict[str, Any]]) -> str:
    """Returns a row as a merchant may see it: a part of the payload, its own lines of the entry, and nothing about who
    acted for the platform. The schema of the whole event does not describe it, so it names none."""
    stated = (
        f'"book":{row.book},"position":{row.position},"stream":{json_text(row.stream)},"version":{row.version},'
        f'"schema_version":{row.schema_version},"accounting_date":"{row.accounting_date.isoformat()}"'
    )
    return _enveloped(ledger_id, row, "", stated, json_text(payload), json_text(lines) if lines else "null")


def _enveloped(ledger_id: str, row: Recorded, schema: str, stated: str, payload: str, entry: str) -> str:
    return (
        f'{{"specversion":"1.0","id":"{row.event_id}","source":"{source_of(ledger_id, row.book)}",'
        f'"type":"{row.type}","subject":{json_text(row.stream)},"time":"{instant_in_utc(row.occurred_at)}",'
        f'"datacontenttype":"application/json",{schema}'
        f'"partitionkey":{json_text(row.stream)},"sequence":"{row.position:0{SEQUENCE_DIGITS}d}",'
        f'"recordedtime":"{instant_in_utc(row.recorded_at)}","book":{row.book},'
        f'"data":{{{stated},"payload":{payload},"entry":{entry}}}}}'
    )
