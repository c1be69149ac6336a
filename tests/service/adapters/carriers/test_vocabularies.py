"""The tables of carriers' words: every published status and detail, and what is not in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from ledger.events.milestones import TrackedMilestone
from service.adapters.carriers import aftership, easypost, parsed, upu
from service.docs_from_code.carriers import VOCABULARIES, carriers
from service.formats.vocabulary import ANY, Vocabulary
from service.partner_facts.parcels import ParcelScanned
from tests.service.adapters.carriers.samples import lines

# Every status and detail that may be read as a delivery; all else must not be.
DELIVERIES = {
    "AfterShip": {("Delivered", detail) for detail in ("", *(f"Delivered_00{n}" for n in range(1, 6)))},
    "EasyPost": {("delivered", detail) for detail in ("", "arrived_at_destination", "status_update")},
    "Postal operators": {("EMI", "")},
    "Parsed trackers": {("delivered", "")},
}
by_title = pytest.mark.parametrize("vocabulary", VOCABULARIES, ids=lambda vocabulary: vocabulary.title)


@by_title
def test_only_listed_words_are_a_delivery(vocabulary: Vocabulary) -> None:
    found = {words for words in vocabulary.published() if vocabulary.read(*words).reached == "signed_for"}
    assert found == DELIVERIES[vocabulary.title]


@by_title
def test_every_meaning_is_of_published_words(vocabulary: Vocabulary) -> None:
    published = {*vocabulary.published()}
    for meaning in vocabulary.meanings:
        statuses = vocabulary.statuses if meaning.status == ANY else (meaning.status,)
        assert published >= {(s, detail) for s in statuses if s != ANY for detail in meaning.details}


@by_title
def test_every_meaning_is_a_milestone(vocabulary: Vocabulary) -> None:
    assert {m.reached for m in vocabulary.meanings} <= {*get_args(TrackedMilestone), "signed_for", "lost"}


@by_title
def test_no_words_have_two_meanings(vocabulary: Vocabulary) -> None:
    words = [(meaning.status, detail) for meaning in vocabulary.meanings for detail in meaning.details]
    assert len(words) == len(set(words))


@by_title
def test_an_unknown_detail_is_never_a_signature(vocabulary: Vocabulary) -> None:
    assert "signed_for" not in {vocabulary.read(status, "brand_new").reached for status in vocabulary.statuses}


@by_title
def test_an_unknown_status_is_noted_whatever_its_detail(vocabulary: Vocabulary) -> None:
    details = {detail for _, detail in vocabulary.published()}
    assert {vocabulary.read("brand_new", detail).reached for detail in details} == {"noted"}


@by_title
def test_the_document_has_every_published_word(vocabulary: Vocabulary) -> None:
    text = carriers()
    words = {word for words in vocabulary.published() for word in words if word}
    assert not [word for word in words if f"`{word}`" not in text]


@pytest.mark.parametrize(
    ("vocabulary", "status", "detail", "reached"),
    [
        (easypost.VOCABULARY, "return_to_sender", "return", "returning_to_sender"),
        (easypost.VOCABULARY, "delivered", "return", "returned_to_sender"),
        (easypost.VOCABULARY, "return_to_sender", "arrived_at_destination", "returned_to_sender"),
        (easypost.VOCABULARY, "delivered", "arrived_at_pickup_location", "available_for_pickup"),
        (easypost.VOCABULARY, "delivered", "refused", "delivery_attempted"),
        (easypost.VOCABULARY, "failure", "return", "returning_to_sender"),
        (aftership.VOCABULARY, "Exception", "Exception_010", "returning_to_sender"),
        (aftership.VOCABULARY, "Exception", "Exception_011", "returned_to_sender"),
        (aftership.VOCABULARY, "Exception", "Delivered_001", "noted"),
        (aftership.VOCABULARY, "OutForDelivery", "OutForDelivery_002", "available_for_pickup"),
        (upu.VOCABULARY, "EMH", upu.RETURN, "returning_to_sender"),
        (upu.VOCABULARY, "EMI", upu.RETURN, "returned_to_sender"),
        (parsed.VOCABULARY, "return_to_sender", "", "returning_to_sender"),
        (parsed.VOCABULARY, "delivered", "carrier_damaged_parcel", "damaged"),
    ],
)
def test_a_status_and_its_detail_are_read_together(
    vocabulary: Vocabulary, status: str, detail: str, reached: str
) -> None:
    assert vocabulary.read(status, detail).reached == reached


def trackings(value: Any, key: str) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if value.get(key):
            yield value
        for part in value.values():
            yield from trackings(part, key)
    elif isinstance(value, list):
        for part in value:
            yield from trackings(part, key)


def sampled() -> Iterator[tuple[Vocabulary, str, str]]:
    for line in lines("aftership_responses.jsonl"):
        for found in trackings(line["body"], "subtag"):
            yield aftership.VOCABULARY, found["tag"], found["subtag"]
    for line in lines("easypost_responses.jsonl.gz"):
        for found in trackings(line["body"], "tracking_details"):
            for detail in found["tracking_details"]:
                yield easypost.VOCABULARY, detail["status"], detail.get("status_detail") or ""
    for line in lines("carrier_payloads.jsonl.gz"):
        if line["kind"] == "parsed":
            for found in trackings(line["body"], "events"):
                for event in found["events"]:
                    if event.get("status"):
                        yield parsed.VOCABULARY, event["status"], event.get("reason") or ""


def test_every_word_of_the_samples_is_in_the_tables() -> None:
    missing = {(v.title, status, detail) for v, status, detail in sampled() if (status, detail) not in {*v.published()}}
    assert not missing


def scanned(reason: str, action: str) -> ParcelScanned:
    event = {"code": "EMH", "at": "2025-04-02T12:00:00Z", "reason": reason, "action": action}
    (scan,) = upu.scans_of({"item_id": "HH1", "events": [event]})
    return scan


@pytest.mark.parametrize(("reason", "action"), [("12", "Return to sender"), ("RTS", ""), ("refused", "returned")])
def test_a_postal_operators_return_is_read_from_reason_or_action(reason: str, action: str) -> None:
    assert scanned(reason, action).milestone == "returning_to_sender"


def test_a_postal_operators_reason_is_kept() -> None:
    assert (scanned("12", "C").milestone, scanned("12", "C").raw_code) == ("delivery_attempted", "EMH/12/C")


def test_aftership_may_say_of_the_tracking_alone_that_it_goes_back() -> None:
    point = {"tag": "Delivered", "subtag": "Delivered_001", "checkpoint_time": "2025-04-02T12:00:00Z"}
    tracking = {"tracking_number": "HH1", "return_to_sender": True, "checkpoints": [point]}
    assert [scan.milestone for scan in aftership.scans_of(tracking)] == ["returned_to_sender"]


def test_easypost_may_say_of_the_tracker_alone_that_it_goes_back() -> None:
    detail = {"status": "in_transit", "status_detail": "departed_facility", "datetime": "2025-04-01T12:00:00Z"}
    tracker = {"tracking_code": "HH1", "status": "return_to_sender", "updated_at": "2025-04-02T12:00:00Z"}
    assert [s.milestone for s in easypost.scans_of(tracker | {"tracking_details": [detail]})] == [
        "noted",
        "returning_to_sender",
    ]
