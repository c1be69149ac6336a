"""Reads trackers that a multi-carrier library (karrio) has parsed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from service.formats.bodies import Objects, read_json, scanned
from service.formats.scan_times import read_day_and_clock, read_instant
from service.formats.vocabulary import ANY, Meaning, Vocabulary
from service.partner_facts.facts import PartnerFact
from service.partner_facts.parcels import Doubt, ParcelScanned, place, undelivered, with_own_status

PROVIDER = "parsed"
VOCABULARY = Vocabulary(
    title="Parsed trackers",
    source="karrio: `status` and the incident's `reason` of an event",
    statuses=dict.fromkeys(
        (
            "pending", "unknown", "picked_up", "in_transit", "on_hold", "delivery_delayed", "out_for_delivery",
            "ready_for_pickup", "delivery_failed", "delivered", "return_to_sender", "cancelled",
        ),
        (),
    )
    | {
        ANY: (
            "carrier_damaged_parcel", "carrier_sorting_error", "carrier_address_not_found", "carrier_parcel_lost",
            "carrier_not_enough_time", "carrier_vehicle_issue", "consignee_refused", "consignee_business_closed",
            "consignee_not_available", "consignee_not_home", "consignee_incorrect_address",
            "consignee_access_restricted", "customs_delay", "customs_documentation", "customs_duties_unpaid",
            "weather_delay", "natural_disaster", "delivery_exception_hold", "delivery_exception_undeliverable",
            "unknown",
        )
    },
    # `picked_up`, `in_transit` and `on_hold` do not say where the parcel is, and become `noted`.
    meanings=(
        Meaning("out_for_delivery", ("",), "out_for_delivery"),
        Meaning("ready_for_pickup", ("",), "available_for_pickup"),
        Meaning("delivery_failed", ("",), "delivery_attempted"),
        Meaning("delivered", ("",), "signed_for"),
        Meaning("return_to_sender", ("", "consignee_refused"), "returning_to_sender"),
        Meaning(ANY, ("consignee_refused",), "delivery_attempted"),
        Meaning(ANY, ("carrier_damaged_parcel",), "damaged"),
        Meaning(ANY, ("carrier_parcel_lost",), "lost"),
    ),
)  # fmt: skip


def facts_from(body: bytes) -> list[PartnerFact]:
    """Returns the scans of a `[trackers, messages]` pair. Without trackers the body is kept whole. Raises
    `PayloadNotUnderstood`.
    """
    content = read_json(body, "The tracking library")
    objects = Objects()
    trackers = objects.of(
        content[0] if isinstance(content, list) and content else None, "trackers", named_by="tracking_number"
    )
    scans = [scan for tracker in trackers for scan in scans_of(tracker, objects)]
    return scanned(scans, objects, body, PROVIDER)


def scans_of(tracker: Mapping[str, Any], objects: Objects | None = None) -> list[ParcelScanned]:
    """Returns the scans in a tracker's events, with its own status if that says more (`with_own_status`)."""
    events = (objects or Objects()).of(tracker.get("events"), "events")
    own = {"status": tracker.get("status"), "code": tracker.get("status")}
    scans = with_own_status([_scan(tracker, event) for event in events], _scan(tracker, own))
    return undelivered(scans) if tracker.get("delivered") is False else scans


def _scan(tracker: Mapping[str, Any], event: Mapping[str, Any]) -> ParcelScanned:
    happened_at, doubt = _instant(event)
    status, reason = str(event.get("status") or ""), str(event.get("reason") or "")
    return ParcelScanned(
        provider=PROVIDER,
        carrier=str(tracker.get("carrier_name") or ""),
        tracking_no=str(tracker["tracking_number"]).strip(),
        milestone=VOCABULARY.read(status, reason).reached,
        happened_at=happened_at,
        raw_code="/".join(part for part in (str(event.get("code") or status or "unknown"), reason) if part),
        doubt=doubt,
        location=place(event.get("location")),
        text=str(event.get("description") or ""),
    )


def _instant(event: Mapping[str, Any]) -> tuple[datetime | None, Doubt]:
    """Returns the event's instant and any doubt about it. The library writes `Z` after local times too, so that only a
    numeric offset counts as a zone.
    """
    instant, doubt = read_instant(event.get("timestamp"))
    if instant is None:
        return read_day_and_clock(event.get("date"), event.get("time"))
    return instant, doubt or ("zone_assumed" if str(event["timestamp"]).endswith("Z") else "")
