"""Scans from a provider through the bus, on a real ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands.outcome import Outcome
from projections.engine.reading import Views
from projections.engine.worker import ProjectionWorker
from projections.exceptions import Exceptions, exceptions
from projections.tracking_numbers import TrackingNumbers, parcels_numbered
from service.adapters.carriers import aftership
from tests.support.buses import Desk, open_desk, publish_programme

PARCEL = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-1"}


@pytest.fixture
def desk(fresh_database_url: str, tmp_path: Path) -> Iterator[Desk]:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        yield desk


def views(desk: Desk) -> Views:
    for projection in (TrackingNumbers(), Exceptions()):
        ProjectionWorker(desk.ledger.engine, desk.ledger.reader, projection).catch_up()
    return Views(desk.ledger.engine, desk.ledger.reader)


def webhook(event_id: str = "evt-1", **other: Any) -> bytes:
    point = {"tag": "InTransit", "subtag": "InTransit_004", "checkpoint_time": "2025-03-30T12:00:00+08:00"} | other
    msg = {"tracking_number": "SF-1", "slug": "sf-express", "checkpoints": [point]}
    return json.dumps({"event_id": event_id, "msg": msg}).encode()


def deliver(desk: Desk, body: bytes) -> list[Outcome]:
    opened = views(desk)
    commands = aftership.commands_from(body, {}, None, lambda number: parcels_numbered(opened, number))
    return desk.bus.submit(commands)


def hand_over(desk: Desk) -> None:
    items = [{"line_id": "A", "qty": 1}]
    desk.expect("report_dispatch", at=desk.clock.now, carrier="SF", tracking_no="SF-1", items=items, **PARCEL)


def test_a_scan_finds_its_order_by_its_number(desk: Desk) -> None:
    hand_over(desk)
    (outcome,) = deliver(desk, webhook())
    assert outcome.status == "recorded"
    book = next(book for book, head in desk.ledger.reader.heads().items() if book and head)
    assert "parcel.arrived" in {row.type for row in desk.ledger.reader.read_stream(book, "order/M-1/O-1")}


def test_the_same_webhook_twice_is_recorded_once(desk: Desk) -> None:
    hand_over(desk)
    deliver(desk, webhook())
    assert [outcome.repeated for outcome in deliver(desk, webhook())] == [True]


def test_a_new_webhook_that_says_the_same_is_recorded_once(desk: Desk) -> None:
    hand_over(desk)
    deliver(desk, webhook())
    assert [outcome.repeated for outcome in deliver(desk, webhook("evt-2"))] == [True]


def test_a_number_nobody_knows_is_an_exception_for_people(desk: Desk) -> None:
    deliver(desk, webhook())
    (found,) = exceptions(views(desk))
    assert (found.kind, found.refs["tracking_no"]) == ("unrouted", "SF-1")
