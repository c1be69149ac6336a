"""AfterShip: tracking objects of its API and its webhooks (Tracking API, Delivery Statuses and Sub-statuses)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from commands.command import Command
from ledger.events.shipment import EvidenceKind
from service.adapters.carriers.bodies import objects_in, read_json
from service.adapters.carriers.routing import Lookup, commands_for, unmapped
from service.adapters.carriers.scan import Reached, Scan, delivered_once, place
from service.adapters.carriers.signatures import expect_aftership_signature
from service.adapters.carriers.times import read_instant

PROVIDER = "aftership"
# What is not here is noted with its code: a label, a scan on the way, silence, an exception that says no more.
SUBTAGS: dict[str, Reached] = {
    "InTransit_004": "arrived",
    "InTransit_005": "import_released",
    "InTransit_006": "import_presented",
    "Exception_004": "import_held",
    "Exception_010": "returning_to_sender",
    "Exception_011": "returned_to_warehouse",
    "Exception_012": "damaged",
    "Exception_013": "lost",
}
TAGS: dict[str, Reached] = {
    "OutForDelivery": "out_for_delivery",
    "AttemptFail": "delivery_attempted",
    "AvailableForPickup": "available_for_pickup",
    "Delivered": "signed_for",
}
EVIDENCE: dict[str, EvidenceKind] = {
    "Delivered_002": "recipient",
    "Delivered_003": "recipient",
    "Delivered_004": "recipient",
    "Delivered_005": "neighbour",
}


def commands_from(body: bytes, headers: Mapping[str, str], secret: str | None, lookup: Lookup) -> list[Command]:
    """What a webhook or an answer of the API reports. Without a `secret` nobody signed it: files, our own requests.

    Raises `SignatureDoesNotMatch`, `PayloadNotUnderstood`.
    """
    if secret is not None:
        expect_aftership_signature(body, headers, secret)
    content = read_json(body, "AfterShip")
    event_id = str(content.get("event_id") or "") if isinstance(content, dict) else ""
    scans = [scan for tracking in _trackings(content) for scan in scans_of(tracking, event_id)]
    return commands_for(scans, lookup) if scans else unmapped(body, PROVIDER, event_id)


def scans_of(tracking: Mapping[str, Any], event_id: str = "") -> list[Scan]:
    """The checkpoints of a tracking; where it has none, its state as one."""
    checkpoints = objects_in(tracking.get("checkpoints")) or objects_in([tracking.get("checkpoint")])
    told = [point for point in checkpoints if point.get("tag") or point.get("subtag")]
    state = [
        {"tag": tracking.get("tag"), "subtag": tracking.get("subtag"), "checkpoint_time": tracking.get("updated_at")}
    ]
    return delivered_once(_scan(tracking, point, event_id) for point in told or state)


def _trackings(content: Any) -> Iterator[Mapping[str, Any]]:
    """Wherever they stand: in a webhook's `msg`, an answer's `data`, its `tracking` or its `trackings`."""
    if isinstance(content, dict):
        if content.get("tracking_number"):
            yield content
        else:
            for name in ("msg", "data", "tracking", "trackings"):
                yield from _trackings(content.get(name))
    elif isinstance(content, list):
        for part in content:
            yield from _trackings(part)


def _scan(tracking: Mapping[str, Any], point: Mapping[str, Any], event_id: str) -> Scan:
    tag, subtag = str(point.get("tag") or ""), str(point.get("subtag") or "")
    happened_at, doubt = read_instant(point.get("checkpoint_time"))
    return Scan(
        provider=PROVIDER,
        carrier=str(point.get("slug") or tracking.get("slug") or ""),
        tracking_no=str(tracking["tracking_number"]).strip(),
        milestone=SUBTAGS.get(subtag) or TAGS.get(tag) or "noted",
        happened_at=happened_at,
        raw_code=subtag or tag,
        doubt=doubt,
        location=place(point.get("location"))
        or place(*(point.get(name) for name in ("city", "state", "country_name"))),
        text=str(point.get("message") or ""),
        evidence_kind=EVIDENCE.get(subtag, "unspecified"),
        event_id=event_id,
    )
