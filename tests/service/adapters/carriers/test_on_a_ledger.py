"""Scans from a provider through the bus, on a real ledger."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from commands.bus.outcome import Outcome
from commands.unmatched.match_payment import Part
from ledger.events.event import seal_place
from ledger.events.parcels import ParcelSignedFor, TrackingNoted
from ledger.ids import UNMATCHED
from ledger.log.rows import Recorded
from ledger.sealed import KeyStore
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from projections.tracking.tracking_numbers import TrackingNumbers, parcels_numbered
from projections.worklists.exceptions import Exceptions, exceptions
from service.adapters.carriers import aftership
from service.unmatched.items import match as match_by_hand
from service.unmatched.scan_matches import ScanMatcher
from tests.support.buses import PLATFORM, Desk, open_desk, publish_programme
from tests.support.partner_facts import commands_from
from tests.support.sales import BUYER, CARRIER, merchant_ready, order_data
from tests.support.shops import app_of

ORDER = {"merchant_id": "M-1", "order_id": "O-1"}
PARCEL = {**ORDER, "parcel_id": "P-1"}


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
    commands = commands_from(aftership, body, lambda number: parcels_numbered(opened, number))
    return desk.bus.submit(commands)


def hand_over(desk: Desk, **other: str) -> None:
    items = [{"line_id": "A", "qty": 1}]
    named = PARCEL | {"carrier": "SF"} | other
    desk.expect("report_dispatch", at=desk.clock.now, tracking_no="SF-1", items=items, **named)


def match(desk: Desk) -> int:
    """Returns the number of unmatched scans that find their parcels."""
    matcher = ScanMatcher(desk.ledger, desk.bus, views(desk))
    return sum(map(matcher.match, matcher.pages()))


def scenario(desk: Desk) -> list[Recorded]:
    """The order's events."""
    book = desk.ledger.directory.book_of("M-1")
    return desk.ledger.reader.read_stream(book, "order/M-1/O-1")


def test_a_scan_finds_its_order_by_its_number(desk: Desk) -> None:
    hand_over(desk)
    (outcome,) = deliver(desk, webhook())
    assert outcome.status == "recorded"
    assert "parcel.arrived" in {row.type for row in scenario(desk)}


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
    assert (found.kind, found.refs["tracking_no"]) == ("unmatched", "SF-1")


def test_a_scan_that_came_before_the_hand_over_finds_its_parcel_later(desk: Desk) -> None:
    deliver(desk, webhook(tag="Delivered", subtag="Delivered_005"))
    hand_over(desk)
    assert match(desk) == 1
    (signed,) = [row for row in scenario(desk) if isinstance(row.event, ParcelSignedFor)]
    assert isinstance(signed.event, ParcelSignedFor)
    assert (signed.event.evidence_kind, signed.event.raw_code) == ("neighbour", "Delivered_005")
    assert signed.occurred_at.isoformat() == "2025-03-30T04:00:00+00:00"
    assert exceptions(views(desk), kind=UNMATCHED) == ()


def test_a_scan_is_matched_once(desk: Desk) -> None:
    deliver(desk, webhook())
    hand_over(desk)
    match(desk)
    reported = len(scenario(desk))
    assert (match(desk), len(scenario(desk))) == (0, reported)


def test_a_scan_that_was_matched_and_is_reported_again_changes_nothing(desk: Desk) -> None:
    deliver(desk, webhook())
    hand_over(desk)
    match(desk)
    assert [outcome.repeated for outcome in deliver(desk, webhook("evt-2"))] == [True]


def test_what_the_carrier_wrote_goes_with_the_scan_and_stays_sealed(desk: Desk) -> None:
    deliver(desk, webhook(tag="InTransit", subtag="InTransit_001", message="left with Mrs Wong"))
    hand_over(desk)
    match(desk)
    (noted,) = [row for row in scenario(desk) if isinstance(row.event, TrackingNoted)]
    assert isinstance(noted.event, TrackingNoted)
    assert noted.event.text is not None
    assert "Wong" not in noted.payload
    place = seal_place(noted.stream, noted.type, "text")
    assert noted.event.text.open(place=place, keys=desk.ledger.keys) == "left with Mrs Wong"


def test_a_scan_of_a_number_that_two_parcels_have_waits_until_a_person_names_the_order(desk: Desk) -> None:
    deliver(desk, webhook())
    merchant_ready(desk)
    desk.expect("place_order", actor=BUYER, **order_data("O-1"))
    hand_over(desk)
    hand_over(desk, merchant_id="M-2", order_id="O-2", carrier="4PX")
    assert match(desk) == 0
    (found,) = exceptions(views(desk), kind=UNMATCHED)
    _, system, reference = found.stream.split("/")
    asked = match_by_hand(app_of(desk), system, reference, [Part(**ORDER)], actor=PLATFORM)
    assert (asked.status, "parcel.arrived" in {row.type for row in scenario(desk)}) == ("recorded", True)
    assert exceptions(views(desk), kind=UNMATCHED) == ()


def test_a_scan_of_a_number_that_two_orders_have_is_a_break_of_each_however_often_one_looks(desk: Desk) -> None:
    deliver(desk, webhook())
    deliver(desk, webhook(tag="Delivered", subtag="Delivered_005"))
    hand_over(desk)
    hand_over(desk, merchant_id="M-2", order_id="O-2", carrier="4PX")
    assert [match(desk), match(desk)] == [0, 0]
    found = exceptions(views(desk), kind="duplicate_tracking_no")
    assert [(each.stream, each.refs["tracking_no"]) for each in found] == [
        ("order/M-1/O-1", "SF-1"), ("order/M-2/O-2", "SF-1")
    ]  # fmt: skip


def test_a_shared_number_that_a_person_has_looked_into_is_not_flagged_again(desk: Desk) -> None:
    deliver(desk, webhook())
    hand_over(desk)
    hand_over(desk, merchant_id="M-2", order_id="O-2", carrier="4PX")
    match(desk)
    for found in exceptions(views(desk), kind="duplicate_tracking_no"):
        about = {"in_stream": found.stream, "break_id": found.break_id}
        desk.expect("resolve_break", actor=PLATFORM, resolution="label_printed_twice", reason="Asked both.", **about)
    deliver(desk, webhook(tag="Delivered", subtag="Delivered_005"))
    assert (match(desk), exceptions(views(desk), kind="duplicate_tracking_no")) == (0, ())


def test_a_number_that_two_orders_have_is_no_break_where_the_carrier_distinguishes_them(desk: Desk) -> None:
    deliver(desk, webhook())
    hand_over(desk, carrier="sf-express")
    hand_over(desk, merchant_id="M-2", order_id="O-2", carrier="4PX")
    assert match(desk) == 1
    assert exceptions(views(desk), kind="duplicate_tracking_no") == ()


def test_a_scan_that_nobody_can_read_stays_with_people(desk: Desk) -> None:
    reported = {"system": "post", "reference": "r-1", "kind": "tracking", "refs": {"tracking_no": "SF-1"}}
    desk.expect("report_unmatched_fact", actor=CARRIER, body={"milestone": "teleported"}, **reported)
    hand_over(desk)
    assert match(desk) == 0


class WatchedKeys:
    """Keys that note for which subjects a sealed value was opened."""

    def __init__(self, keys: KeyStore) -> None:
        self._keys, self.opened = keys, list[str]()

    def obtain(self, subject: str) -> bytes:
        return self._keys.obtain(subject)

    def obtain_many(self, subjects: Sequence[str]) -> None:
        self._keys.obtain_many(subjects)

    def find(self, subject: str) -> bytes | None:
        self.opened.append(subject)
        return self._keys.find(subject)


@pytest.mark.parametrize("parcels", [0, 1])
def test_the_sealed_text_of_a_scan_is_opened_only_if_its_report_is_recorded(desk: Desk, parcels: int) -> None:
    deliver(desk, webhook(tag="InTransit", subtag="InTransit_001", message="left with Mrs Wong"))
    for _ in range(parcels):
        hand_over(desk)
    (stream,) = [found.stream for found in exceptions(views(desk), kind=UNMATCHED)]
    desk.ledger.keys = keys = WatchedKeys(desk.ledger.keys)
    matched = ScanMatcher(desk.ledger, desk.bus, views(desk)).match([stream])
    assert (matched, keys.opened) == (parcels, [stream] * parcels)
