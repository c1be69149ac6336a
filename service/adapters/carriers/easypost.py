"""Reads EasyPost's trackers, alone, inside other objects and in webhook events (API reference, Trackers and
Webhooks).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any
from unicodedata import normalize

from service.formats.bodies import Objects, read_json, scanned
from service.formats.hmac_headers import expect_one, header_of
from service.formats.scan_times import read_instant
from service.formats.vocabulary import ANY, Meaning, Vocabulary
from service.partner_facts.facts import PartnerFact
from service.partner_facts.parcels import ParcelScanned, place, with_own_status

PROVIDER = "easypost"
_HEADER = "x-hmac-signature"
VOCABULARY = Vocabulary(
    title="EasyPost",
    source="API reference, Trackers: `status` and `status_detail`",
    statuses=dict.fromkeys(
        (
            "unknown", "pre_transit", "in_transit", "out_for_delivery", "delivered", "available_for_pickup",
            "return_to_sender", "failure", "cancelled", "error",
        ),
        (),
    )
    | {
        ANY: (
            "address_correction", "arrived_at_destination", "arrived_at_facility", "arrived_at_pickup_location",
            "awaiting_information", "cancelled", "damaged", "delayed", "delivery_exception", "departed_facility",
            "departed_origin_facility", "expired", "failure", "held", "in_transit", "label_created", "lost",
            "missorted", "out_for_delivery", "received_at_destination_facility", "received_at_origin_facility",
            "refused", "return", "status_update", "transferred_to_destination_carrier", "transit_exception", "unknown",
            "weather_delay",
        )
    },
    meanings=(
        Meaning("out_for_delivery", ("",), "out_for_delivery"),
        Meaning("available_for_pickup", ("",), "available_for_pickup"),
        Meaning("delivered", ("", "arrived_at_destination", "status_update"), "signed_for"),
        Meaning("delivered", ("arrived_at_pickup_location",), "available_for_pickup"),  # not collected yet
        Meaning("delivered", ("return",), "returned_to_sender"),
        Meaning("return_to_sender", ("",), "returning_to_sender"),
        Meaning("return_to_sender", ("arrived_at_destination",), "returned_to_sender"),  # is reported like a delivery
        Meaning("return_to_sender", ("refused",), "returning_to_sender"),
        Meaning(ANY, ("arrived_at_pickup_location",), "available_for_pickup"),
        Meaning(ANY, ("return",), "returning_to_sender"),
        Meaning(ANY, ("refused",), "delivery_attempted"),
        Meaning(ANY, ("damaged",), "damaged"),
        Meaning(ANY, ("lost",), "lost"),
    ),
)  # fmt: skip


def facts_from(body: bytes, headers: Mapping[str, str] = {}, secret: str | None = None) -> list[PartnerFact]:
    """Returns the scans of a webhook or an API answer. Without `secret` the signature is not checked: files and our
    own requests are unsigned.

    Raises `SignatureDoesNotMatch` and `PayloadNotUnderstood`.
    """
    if secret is not None:
        _expect_signature(body, headers, secret)
    content = read_json(body, "EasyPost")
    event_id = str(content.get("id") or "") if isinstance(content, dict) and content.get("object") == "Event" else ""
    objects = Objects()
    scans = [scan for tracker in _trackers(content, objects) for scan in scans_of(tracker, event_id, objects)]
    return scanned(scans, objects, body, PROVIDER, event_id)


def _expect_signature(body: bytes, headers: Mapping[str, str], secret: str) -> None:
    """Checks `hmac-sha256-hex=` with the HMAC-SHA256 under the NFKD-normalised secret (EasyPost, Webhooks).

    Raises `SignatureDoesNotMatch`.
    """
    key = normalize("NFKD", secret).encode()
    expected = f"hmac-sha256-hex={hmac.new(key, body, hashlib.sha256).hexdigest()}"
    expect_one(expected, [header_of(headers, _HEADER)], _HEADER)


def scans_of(tracker: Mapping[str, Any], event_id: str = "", objects: Objects | None = None) -> list[ParcelScanned]:
    """Returns the scans in a tracker's details, with its own status if that says more (`with_own_status`)."""
    details = (objects or Objects()).of(tracker.get("tracking_details"), "tracking_details")
    own = {name: tracker.get(name) for name in ("status", "status_detail")} | {"datetime": tracker.get("updated_at")}
    scans = [_scan(tracker, detail, event_id) for detail in details]
    return with_own_status(scans, _scan(tracker, own, event_id))


def _trackers(content: Any, objects: Objects) -> Iterator[Mapping[str, Any]]:
    """Yields the trackers of a body. Each item of a list of trackers must be one."""
    if isinstance(content, list):
        for part in content:
            yield from _trackers(part, objects)
    elif isinstance(content, dict) and content.get("object") == "Tracker":
        if objects.holds(content, "a tracker", named_by="tracking_code"):
            yield content
    elif isinstance(content, dict):
        for name, part in content.items():
            listed = name == "trackers"
            yield from objects.of(part, name, named_by="tracking_code") if listed else _trackers(part, objects)


def _scan(tracker: Mapping[str, Any], detail: Mapping[str, Any], event_id: str) -> ParcelScanned:
    status, finer = str(detail.get("status") or "unknown"), str(detail.get("status_detail") or "")
    meaning = VOCABULARY.read(status, finer)
    where = detail.get("tracking_location") or {}
    happened_at, doubt = read_instant(detail.get("datetime"))
    return ParcelScanned(
        provider=PROVIDER,
        carrier=str(detail.get("source") or tracker.get("carrier") or ""),
        tracking_no=str(tracker["tracking_code"]).strip(),
        milestone=meaning.reached,
        happened_at=happened_at,
        raw_code=str(detail.get("carrier_code") or "") or "/".join(part for part in (status, finer) if part),
        doubt=doubt,
        location=place(*(where.get(name) for name in ("city", "state", "country"))) if isinstance(where, dict) else "",
        text=str(detail.get("message") or ""),
        event_id=event_id,
    )
