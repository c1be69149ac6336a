"""Reads postal operators' events: the Universal Postal Union's EMSEVT codes (UPU M17, domain §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from service.formats.bodies import Objects, read_json, scanned
from service.formats.scan_times import read_instant
from service.formats.vocabulary import Meaning, Vocabulary
from service.partner_facts.facts import PartnerFact
from service.partner_facts.parcels import ParcelScanned, place

PROVIDER = "upu"
RETURN = "return_to_sender"
_RETURNS = frozenset({RETURN, "return", "returned", "rts", "returned_to_sender", "returning_to_sender"})
# EMA (posting) is recorded without effect, because the dispatch already gives the number. Transits (EMJ, EMK) are
# recorded without effect too.
VOCABULARY = Vocabulary(
    title="Postal operators",
    source="UPU EMSEVT: the event's code, with the reason or the action of a non-delivery",
    statuses=dict.fromkeys(
        (
            "EMA", "EMB", "EXA", "EXB", "EXC", "EXD", "EXX", "EMC", "EMJ", "EMK", "EMD", "EDA", "EDB", "EME", "EDC",
            "EMF", "EDX", "EDD", "EDE", "EMG", "EDF", "EDG", "EDH", "EMH", "EMI",
        ),
        (),
    )
    | {"EMH": (RETURN,), "EMI": (RETURN,)},
    meanings=(
        Meaning("EXA", ("",), "export_declared"),
        Meaning("EXB", ("",), "export_detained"),
        Meaning("EXC", ("",), "export_released"),
        Meaning("EXX", ("",), "export_rejected"),
        Meaning("EMC", ("",), "departed"),
        Meaning("EMD", ("",), "arrived"),
        Meaning("EDB", ("",), "import_presented"),
        Meaning("EME", ("",), "import_held"),
        Meaning("EDC", ("",), "import_released"),
        Meaning("EMF", ("",), "import_released"),
        Meaning("EDX", ("",), "import_refused"),
        Meaning("EDG", ("",), "out_for_delivery"),
        Meaning("EMH", ("",), "delivery_attempted"),
        Meaning("EMH", (RETURN,), "returning_to_sender"),
        Meaning("EDH", ("",), "available_for_pickup"),  # waits for collection: not a signature
        Meaning("EMI", ("",), "signed_for"),
        Meaning("EMI", (RETURN,), "returned_to_sender"),
    ),
)  # fmt: skip


def facts_from(body: bytes) -> list[PartnerFact]:
    """Returns the scans of postal items: `{"item_id": …, "operator": …, "events": [{"code", "at", "office"}]}`, or a
    list of them.

    An event may have the `reason` and `action` of a non-delivery. The messages travel on a closed network without a
    signature. Raises `PayloadNotUnderstood`.
    """
    content = read_json(body, "A postal operator")
    objects = Objects()
    items = objects.of(content if isinstance(content, list) else [content], "items", named_by="item_id")
    scans = [scan for item in items for scan in scans_of(item, objects)]
    return scanned(scans, objects, body, PROVIDER)


def scans_of(item: Mapping[str, Any], objects: Objects | None = None) -> list[ParcelScanned]:
    """Returns the events of one item as scans."""
    return [_scan(item, event) for event in (objects or Objects()).of(item.get("events"), "events")]


def _scan(item: Mapping[str, Any], event: Mapping[str, Any]) -> ParcelScanned:
    code = str(event.get("code") or "").strip().upper()
    reasons = [str(event.get(name) or "").strip() for name in ("reason", "action")]
    happened_at, doubt = read_instant(event.get("at"))
    return ParcelScanned(
        provider=PROVIDER,
        carrier=str(item.get("operator") or ""),
        tracking_no=str(item["item_id"]).strip(),
        milestone=VOCABULARY.read(code, _detail(reasons)).reached,
        happened_at=happened_at,
        raw_code="/".join((code or "unknown", *filter(None, reasons))),
        doubt=doubt,
        location=place(event.get("office")),
        text=str(event.get("text") or ""),
    )


def _detail(reasons: Iterable[str]) -> str:
    """Returns the detail of a non-delivery: a return to sender if reason or action says so, else the reason."""
    words = ["_".join(re.findall("[a-z0-9]+", reason.casefold())) for reason in reasons if reason]
    return RETURN if _RETURNS.intersection(words) else next(iter(words), "")
