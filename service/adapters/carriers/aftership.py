"""Reads AfterShip's webhooks and tracking objects (Tracking API, Delivery Statuses and Sub-statuses)."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import Any

from service.formats.bodies import Objects, read_json, scanned
from service.formats.hmac_headers import expect_one, header_of
from service.formats.scan_times import read_instant
from service.formats.vocabulary import Meaning, Vocabulary
from service.partner_facts.facts import PartnerFact
from service.partner_facts.parcels import ParcelScanned, at_the_sender, place, with_own_status

PROVIDER = "aftership"
VOCABULARY = Vocabulary(
    title="AfterShip",
    source="Tracking API, Delivery Statuses (`tag`) and Delivery Sub-statuses (`subtag`)",
    statuses={
        "Pending": tuple(f"Pending_00{n}" for n in range(1, 7)),
        "InfoReceived": ("InfoReceived_001",),
        "InTransit": tuple(f"InTransit_00{n}" for n in range(1, 10)),
        "OutForDelivery": tuple(f"OutForDelivery_00{n}" for n in range(1, 5)),
        "AttemptFail": tuple(f"AttemptFail_00{n}" for n in range(1, 4)),
        "AvailableForPickup": ("AvailableForPickup_001",),
        "Delivered": tuple(f"Delivered_00{n}" for n in range(1, 6)),
        "Exception": tuple(f"Exception_0{n:02}" for n in (*range(1, 14), *range(16, 22))),
        "Expired": ("Expired_001",),
    },
    meanings=(
        Meaning("InTransit", ("InTransit_004",), "arrived"),
        Meaning("InTransit", ("InTransit_005",), "import_released"),
        Meaning("InTransit", ("InTransit_006",), "import_presented"),
        Meaning("OutForDelivery", ("",), "out_for_delivery"),
        Meaning("OutForDelivery", ("OutForDelivery_002",), "available_for_pickup"),
        Meaning("AttemptFail", ("",), "delivery_attempted"),
        Meaning("AvailableForPickup", ("",), "available_for_pickup"),
        Meaning("Delivered", ("", "Delivered_001"), "signed_for"),
        Meaning("Delivered", ("Delivered_002", "Delivered_003", "Delivered_004"), "signed_for", "recipient"),
        Meaning("Delivered", ("Delivered_005",), "signed_for", "neighbour"),
        Meaning("Exception", ("Exception_003",), "delivery_attempted"),  # refused by the recipient
        Meaning("Exception", ("Exception_004",), "import_held"),
        Meaning("Exception", ("Exception_010",), "returning_to_sender"),
        Meaning("Exception", ("Exception_011",), "returned_to_sender"),
        Meaning("Exception", ("Exception_012",), "damaged"),
        Meaning("Exception", ("Exception_013",), "lost"),
        Meaning("Exception", ("Exception_021",), "destroyed"),  # disposed of
    ),
)
_WITHIN = ("msg", "data", "tracking", "trackings")
_HEADER = "aftership-hmac-sha256"


def facts_from(body: bytes, headers: Mapping[str, str] = {}, secret: str | None = None) -> list[PartnerFact]:
    """Returns the scans of a webhook or an API answer. Without `secret` the signature is not checked: files and our
    own requests are unsigned.

    Raises `SignatureDoesNotMatch` and `PayloadNotUnderstood`.
    """
    if secret is not None:
        _expect_signature(body, headers, secret)
    content = read_json(body, "AfterShip")
    event_id = str(content.get("event_id") or "") if isinstance(content, dict) else ""
    objects = Objects()
    scans = [scan for tracking in _trackings(content, objects) for scan in scans_of(tracking, event_id, objects)]
    return scanned(scans, objects, body, PROVIDER, event_id)


def _expect_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Checks the base64 HMAC-SHA256 of the body (AfterShip, Webhook Signature). Raises `SignatureDoesNotMatch`."""
    expected = b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
    expect_one(expected, [header_of(headers, _HEADER)], _HEADER)


def scans_of(tracking: Mapping[str, Any], event_id: str = "", objects: Objects | None = None) -> list[ParcelScanned]:
    """Returns the checkpoints of a tracking, with its own status if no checkpoint has one or if that says more
    (`with_own_status`).
    """
    objects = objects or Objects()
    checkpoints = objects.of(tracking.get("checkpoints"), "checkpoints")
    single = tracking.get("checkpoint")
    if not checkpoints and single is not None and objects.holds(single, "checkpoint"):
        checkpoints = [single]
    own = {"tag": tracking.get("tag"), "subtag": tracking.get("subtag"), "checkpoint_time": tracking.get("updated_at")}
    has_status = any(point.get("tag") or point.get("subtag") for point in checkpoints)
    scans = [_scan(tracking, point, event_id) for point in (checkpoints if has_status else [*checkpoints, own])]
    if tracking.get("return_to_sender") is True:
        scans = at_the_sender(scans)
    return with_own_status(scans, _scan(tracking, own, event_id))


def _trackings(content: Any, objects: Objects, place: str = "the body") -> Iterator[Mapping[str, Any]]:
    """Yields the trackings from a webhook's `msg`, or from an answer's `data`, `tracking` or `trackings`."""
    if isinstance(content, list):
        for n, part in enumerate(content):
            if objects.holds(part, f"{place}[{n}]"):
                yield from _trackings(part, objects, f"{place}[{n}]")
    elif isinstance(content, dict) and not content.get("tracking_number"):
        within = [name for name in _WITHIN if content.get(name) is not None]
        for name in within:
            yield from _trackings(content[name], objects, name)
        if not within:
            objects.holds(content, place, named_by="tracking_number")
    elif objects.holds(content, place):
        yield content


def _scan(tracking: Mapping[str, Any], point: Mapping[str, Any], event_id: str) -> ParcelScanned:
    subtag = str(point.get("subtag") or "")
    tag = str(point.get("tag") or "") or subtag.partition("_")[0]
    meaning = VOCABULARY.read(tag, subtag)
    happened_at, doubt = read_instant(point.get("checkpoint_time"))
    return ParcelScanned(
        provider=PROVIDER,
        carrier=str(point.get("slug") or tracking.get("slug") or ""),
        tracking_no=str(tracking["tracking_number"]).strip(),
        milestone=meaning.reached,
        happened_at=happened_at,
        raw_code=subtag or tag,
        doubt=doubt,
        location=place(point.get("location"))
        or place(*(point.get(name) for name in ("city", "state", "country_name"))),
        text=str(point.get("message") or ""),
        evidence_kind=meaning.evidence_kind,
        event_id=event_id,
    )
