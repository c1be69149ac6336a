"""Providers' messages become reports about parcels."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest

from commands.command import Command
from commands.limits import kept_text
from commands.parcels.report_loss import ReportLoss
from commands.parcels.report_signature import ReportSignature
from commands.parcels.report_tracking import ReportTracking
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from ledger.references import number_key
from projections.tracking.tracking_numbers import NumberedParcel
from service.adapters.carriers import aftership, easypost, parsed, upu
from service.formats.bodies import unmapped
from service.formats.refused_bodies import PayloadNotUnderstood, SignatureDoesNotMatch
from service.formats.scan_times import read_day_and_clock, read_instant
from tests.support.partner_facts import commands_from

PARCEL = NumberedParcel("M-1", "O-1", "P-1", "4px")
NOON = "2025-04-02T12:00:00+08:00"


def find(tracking_no: str) -> tuple[NumberedParcel, ...]:
    return (PARCEL,) if tracking_no == "HH1" else ()


def checkpoint(subtag: str, *, at: str | None = NOON, **other: Any) -> dict[str, Any]:
    reported = {
        "tag": subtag.partition("_")[0],
        "subtag": subtag,
        "checkpoint_time": at,
        "slug": "4px",
        "message": "Scanned",
    }
    return reported | other


def webhook(*checkpoints: dict[str, Any], number: str = "HH1", event_id: str = "evt-1") -> bytes:
    msg = {"tracking_number": number, "slug": "4px", "tag": "InTransit", "checkpoints": checkpoints}
    return json.dumps({"event": "tracking_update", "event_id": event_id, "msg": msg}).encode()


def tracker(status: str, *, detail: str = "status_update", at: str | None = "2025-04-02T04:00:00Z") -> bytes:
    reported = {
        "object": "TrackingDetail",
        "status": status,
        "status_detail": detail,
        "datetime": at,
        "message": "Scanned",
    }
    result = {"object": "Tracker", "tracking_code": "HH1", "carrier": "USPS", "tracking_details": [reported]}
    event = {"object": "Event", "id": "evt_1", "description": "tracker.updated", "result": result}
    return json.dumps(event).encode()


def one(body: bytes, module: Any = aftership) -> Command:
    (command,) = commands_from(module, body, find)
    assert isinstance(command, Command)
    return command


@pytest.mark.parametrize(
    ("subtag", "milestone"),
    [
        ("InTransit_004", "arrived"),
        ("InTransit_005", "import_released"),
        ("OutForDelivery_001", "out_for_delivery"),
        ("AttemptFail_002", "delivery_attempted"),
        ("AvailableForPickup_001", "available_for_pickup"),
        ("Exception_004", "import_held"),
        ("Exception_010", "returning_to_sender"),
        ("Exception_012", "damaged"),
        ("InTransit_001", "noted"),
        ("InfoReceived_001", "noted"),
        ("Expired_001", "noted"),
        ("Brand_New", "noted"),
    ],
)
def test_a_checkpoint_of_aftership_is_a_milestone(subtag: str, milestone: str) -> None:
    report = one(webhook(checkpoint(subtag)))
    assert isinstance(report, ReportTracking)
    assert (report.milestone, report.raw_code, report.parcel_id) == (milestone, subtag, "P-1")


@pytest.mark.parametrize(
    ("subtag", "evidence"),
    [("Delivered_001", "unspecified"), ("Delivered_003", "recipient"), ("Delivered_005", "neighbour")],
)
def test_a_delivery_is_a_signature_with_its_evidence(subtag: str, evidence: str) -> None:
    report = one(webhook(checkpoint(subtag)))
    assert isinstance(report, ReportSignature)
    assert report.evidence_kind == evidence


def test_a_loss_is_a_loss() -> None:
    assert isinstance(one(webhook(checkpoint("Exception_013"))), ReportLoss)


def test_each_delivery_is_reported_as_it_would_be_by_a_message_of_its_own() -> None:
    points = checkpoint("Delivered_001"), checkpoint("Delivered_001", at="2025-04-03T12:00:00+08:00")
    together = commands_from(aftership, webhook(*points), find)
    assert [command.id for command in together] == [one(webhook(point)).id for point in points]


@pytest.mark.parametrize(
    ("status", "detail", "kind"),
    [
        ("delivered", "arrived_at_destination", ReportSignature),
        ("failure", "lost", ReportLoss),
        ("out_for_delivery", "out_for_delivery", ReportTracking),
        ("pre_transit", "status_update", ReportTracking),
    ],
)
def test_a_tracker_of_easypost_is_a_report(status: str, detail: str, kind: type[Command]) -> None:
    assert type(one(tracker(status, detail=detail), easypost)) is kind


def test_the_providers_event_is_the_source_of_the_report() -> None:
    source = one(tracker("in_transit"), easypost).source
    assert source is not None
    assert (source.system, source.external_id) == ("easypost", "evt_1")


@pytest.mark.parametrize(
    ("code", "milestone"), [(m.status, m.reached) for m in upu.VOCABULARY.meanings if "" in m.details]
)
def test_a_postal_event_is_a_milestone(code: str, milestone: str) -> None:
    scan = upu.scans_of({"item_id": "HH1", "events": [{"code": code, "at": NOON}]})[0]
    assert (scan.milestone, scan.raw_code) == (milestone, code)


@pytest.mark.parametrize("code", ["EMA", "EMJ", "EMK", "ZZZ"])
def test_other_postal_events_are_noted_with_their_code(code: str) -> None:
    body = json.dumps({"item_id": "HH1", "events": [{"code": code, "at": NOON}]}).encode()
    report = one(body, upu)
    assert isinstance(report, ReportTracking)
    assert (report.milestone, report.raw_code) == ("noted", code)


def test_a_number_nobody_knows_stays_unmatched() -> None:
    note = one(webhook(checkpoint("InTransit_004"), number="ZZ9"))
    assert isinstance(note, ReportUnmatchedFact)
    assert (note.kind, note.refs) == ("tracking", {"tracking_no": "ZZ9", "carrier": "4px"})


def test_a_number_of_two_parcels_goes_to_the_one_of_its_carrier() -> None:
    both = (NumberedParcel("M-2", "O-2", "P-2", "SF"), NumberedParcel("M-1", "O-1", "P-1", "4PX"))
    (report,) = commands_from(aftership, webhook(checkpoint("InTransit_004")), lambda _: both)
    assert isinstance(report, ReportTracking)
    assert report.merchant_id == "M-1"


def test_a_number_of_two_parcels_of_one_carrier_stays_unmatched() -> None:
    both = (NumberedParcel("M-2", "O-2", "P-2", "4px"), PARCEL)
    (note,) = commands_from(aftership, webhook(checkpoint("InTransit_004")), lambda _: both)
    assert isinstance(note, ReportUnmatchedFact)


def test_the_same_event_sent_again_is_the_same_command() -> None:
    assert one(webhook(checkpoint("InTransit_004"))).id == one(webhook(checkpoint("InTransit_004"))).id


def test_another_event_that_says_the_same_is_the_same_command() -> None:
    again = one(webhook(checkpoint("InTransit_004"), event_id="evt-2"))
    assert again.id == one(webhook(checkpoint("InTransit_004"))).id


def test_another_place_is_another_command() -> None:
    elsewhere = one(webhook(checkpoint("InTransit_004", location="Newark")))
    assert elsewhere.id != one(webhook(checkpoint("InTransit_004"))).id


def test_the_providers_words_are_sealed() -> None:
    report = one(webhook(checkpoint("InTransit_001", message="left with Mrs Wong")))
    assert "Wong" not in repr(report)


@pytest.mark.parametrize(
    ("text", "instant", "doubt"),
    [
        ("2025-04-02T12:00:00+08:00", datetime(2025, 4, 2, 4, tzinfo=UTC), ""),
        ("2025-04-02T12:00:00Z", datetime(2025, 4, 2, 12, tzinfo=UTC), ""),
        ("2025-04-02T12:00:00", datetime(2025, 4, 2, 12, tzinfo=UTC), "zone_assumed"),
        ("2025-04-02", datetime(2025, 4, 2, tzinfo=UTC), "time_assumed"),
        ("next Tuesday", None, "time_unknown"),
        (None, None, "time_unknown"),
    ],
)
def test_a_time_is_read_by_one_rule(text: str | None, instant: datetime | None, doubt: str) -> None:
    assert read_instant(text) == (instant, doubt)


@pytest.mark.parametrize("clock", ["14:30", "14:30 PM", "14:30:00"])
def test_a_clock_apart_from_its_day_is_in_no_zone(clock: str) -> None:
    assert read_day_and_clock("2025-04-02", clock) == (datetime(2025, 4, 2, 14, 30, tzinfo=UTC), "zone_assumed")


def test_a_doubtful_time_is_flagged_in_the_report() -> None:
    report = one(webhook(checkpoint("InTransit_004", at="2025-04-02T12:00:00")))
    assert isinstance(report, ReportTracking)
    assert report.reason == "zone_assumed"


SECRET = "s\u00e9cret"


def signed_by_aftership(body: bytes) -> dict[str, str]:
    digest = hmac.digest(SECRET.encode(), body, hashlib.sha256)
    return {"Aftership-Hmac-Sha256": b64encode(digest).decode()}


def signed_by_easypost(body: bytes) -> dict[str, str]:
    key = "se\u0301cret".encode()  # NFKD parts the accent from its letter
    return {"X-Hmac-Signature": f"hmac-sha256-hex={hmac.digest(key, body, hashlib.sha256).hex()}"}


def test_aftership_is_known_by_its_signature() -> None:
    body = webhook(checkpoint("InTransit_004"))
    assert commands_from(aftership, body, find, signed_by_aftership(body), SECRET)


def test_easypost_is_known_by_its_signature() -> None:
    body = tracker("in_transit")
    assert commands_from(easypost, body, find, signed_by_easypost(body), SECRET)


def test_an_altered_body_is_refused() -> None:
    headers = signed_by_aftership(webhook(checkpoint("InTransit_004")))
    with pytest.raises(SignatureDoesNotMatch, match="does not match its body"):
        commands_from(aftership, webhook(checkpoint("Delivered_001")), find, headers, SECRET)


def test_an_unsigned_body_is_refused() -> None:
    with pytest.raises(SignatureDoesNotMatch, match="no x-hmac-signature header"):
        commands_from(easypost, tracker("delivered"), find, {}, SECRET)


@pytest.mark.parametrize("body", [b"", b"hello", b"{", b"\xff\xfe", b"12", b'"text"'])
@pytest.mark.parametrize("module", [aftership, easypost, parsed, upu])
def test_a_body_that_is_no_object_is_one_clear_sentence(module: Any, body: bytes) -> None:
    with pytest.raises(PayloadNotUnderstood, match=r"\.$"):
        commands_from(module, body, find)


@pytest.mark.parametrize("module", [aftership, easypost, parsed, upu])
@pytest.mark.parametrize("content", [{}, [], {"data": None}, {"msg": 3}, [[1]], {"events": "none"}])
def test_an_object_of_another_shape_is_kept_unmapped(module: Any, content: Any) -> None:
    note = one(json.dumps(content).encode(), module)
    assert isinstance(note, ReportUnmatchedFact)
    assert note.kind == "carrier_payload"


def test_malformed_xml_is_one_clear_sentence() -> None:
    with pytest.raises(PayloadNotUnderstood, match="neither JSON nor well-formed XML"):
        unmapped(b"<a><b></a>", "dpd")


def test_a_body_beyond_a_megabyte_is_not_read() -> None:
    with pytest.raises(PayloadNotUnderstood, match="at most"):
        commands_from(aftership, b"[" + b" " * 1_048_576 + b"]", find)


def test_xml_that_declares_entities_is_one_clear_sentence() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;">]><a>&y;</a>'
    with pytest.raises(PayloadNotUnderstood, match="declares entities"):
        unmapped(bomb, "dpd")


WHOLE: dict[Any, Any] = {
    aftership: json.loads(webhook(checkpoint("InTransit_004", location="Newark"))),
    easypost: json.loads(tracker("in_transit")),
    upu: {"item_id": "HH1", "operator": "cn", "events": [{"code": "EMD", "at": NOON, "office": "USJFKA"}]},
    parsed: [[{"tracking_number": "HH1", "carrier_name": "dhl", "events": [{"code": "1", "status": "delivered"}]}], []],
}
STRANGE: tuple[Any, ...] = (
    None, True, 3, 2.5, 10**30, "", "x" * 5_000, "a\0b", "\n", [], {}, [[]], {"a": [1]},
    "0001-01-01T00:00:00+08:00", "9999-12-31T23:59:59-08:00", "2025-04-02T12:00:00+99:99",
)  # fmt: skip


def altered(value: Any) -> Iterator[Any]:
    """The payload with something strange in each of its places in turn."""
    for place, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        for strange in STRANGE:
            other = deepcopy(value)
            other[place] = strange
            yield other
        if isinstance(inner, dict | list):
            yield from ({**value, place: deeper} if isinstance(value, dict) else [deeper] for deeper in altered(inner))


@pytest.mark.parametrize("module", WHOLE, ids=lambda module: module.PROVIDER)
def test_whatever_stands_in_a_payload_is_kept_as_a_fact(module: Any) -> None:
    for content in altered(WHOLE[module]):
        body = json.dumps(content).encode()
        commands = commands_from(module, body, find)
        assert commands, body
        assert all(command.fingerprint() for command in commands)


@pytest.mark.parametrize("number", ["x" * 65, "HH1\0", "HH1\nHH2"])
def test_a_number_of_any_length_is_looked_for_under_its_key(number: str) -> None:
    asked: list[str] = []

    def nowhere(tracking_no: str) -> tuple[NumberedParcel, ...]:
        asked.append(tracking_no)
        return ()

    (note,) = commands_from(aftership, webhook(checkpoint("InTransit_004"), number=number), nowhere)
    assert asked == [number_key(number)]
    assert isinstance(note, ReportUnmatchedFact)
    assert note.refs["tracking_no"] == kept_text(number)
