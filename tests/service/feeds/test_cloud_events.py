"""Events as CloudEvents: the SDK of CloudEvents accepts them, and they hold the row of the log as it was recorded."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event

from ledger.canonical import canonical
from ledger.log.preimage import FIELDS
from ledger.log.rows import Recorded
from service.app import App
from service.feeds.cloud_events import cloud_event

ENVELOPED = {"type": "type", "event_id": "id", "occurred_at": "time", "recorded_at": "recordedtime"}


def all_rows(app: App) -> list[Recorded]:
    reader = app.ledger.reader
    return [row for book, head in reader.heads().items() for row in reader.read(book, 0, head + 1)]


@pytest.fixture(scope="module")
def rows(month_app: App) -> list[Recorded]:
    return all_rows(month_app)


def test_the_sdk_accepts_every_event(rows: list[Recorded]) -> None:
    for row in rows:
        sent = HTTPMessage({"content-type": "application/cloudevents+json"}, cloud_event("L", row).encode())
        read = from_structured_event(sent)
        assert (read.get_id(), read.get_type(), read.get_time()) == (row.event_id, row.type, row.occurred_at)
        assert read.get_attributes()["sequence"] == f"{row.position:019d}"


def test_the_attributes_are_those_of_the_conformance_vectors(rows: list[Recorded], shared_data: Any) -> None:
    vectors: Path = shared_data("vectors/cloudevents/yaml/v1.0/v1_minimum.yaml")
    needed = {line.split(":")[0].strip() for line in vectors.read_text().splitlines() if line.startswith("  ")}
    needed &= {"specversion", "type", "id", "source", "datacontenttype"}
    assert len(needed) == 5
    assert needed <= json.loads(cloud_event("L", rows[0])).keys()


def test_payload_and_entry_are_the_recorded_texts(rows: list[Recorded]) -> None:
    for row in rows:
        text = cloud_event("L", row)
        data = json.loads(text)["data"]
        assert f'"payload":{row.payload},"entry":{row.entry or "null"}' in text
        assert (canonical(data["payload"]), data["actor"]) == (row.payload, json.loads(row.actor))


def test_a_subscriber_computes_the_hash_of_the_row_from_the_event_alone(rows: list[Recorded]) -> None:
    for row in rows:
        event = json.loads(cloud_event("L", row))
        texts = [_hashed(event, field) for field in FIELDS]
        assert sha256("\x1f".join(texts).encode()).hexdigest() == event["data"]["leaf"]


def _hashed(event: dict[str, Any], field: str) -> str:
    """The text of a field as `ledger/log/preimage.py` documents it."""
    value = event[ENVELOPED[field]] if field in ENVELOPED else event["data"][field]
    if field in ("occurred_at", "recorded_at"):
        whole, _, fraction = value.removesuffix("Z").partition(".")
        return f"{whole}.{fraction:0<6}Z"
    if isinstance(value, dict | list):
        return canonical(value)
    return "" if value is None else str(value)
