"""Postal operators: the event codes of the Universal Postal Union's EMSEVT messages (UPU M17, domain §3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from commands.command import Command
from service.adapters.carriers.bodies import objects_in, read_json
from service.adapters.carriers.routing import Lookup, commands_for, unmapped
from service.adapters.carriers.scan import Reached, Scan, delivered_once, place
from service.adapters.carriers.times import read_instant

PROVIDER = "upu"
# EMA (posting) is only noted: the number that finds the parcel is known from its hand-over. So are transits (EMJ, EMK).
CODES: dict[str, Reached] = {
    "EXA": "export_declared",
    "EXB": "export_detained",
    "EXC": "export_released",
    "EXX": "export_rejected",
    "EMC": "departed",
    "EMD": "arrived",
    "EDB": "import_presented",
    "EME": "import_held",
    "EDC": "import_released",
    "EMF": "import_released",
    "EDX": "import_refused",
    "EDG": "out_for_delivery",
    "EMH": "delivery_attempted",
    "EDH": "available_for_pickup",  # waits to be collected: not a signature
    "EMI": "signed_for",
}


def commands_from(body: bytes, headers: Mapping[str, str], secret: str | None, lookup: Lookup) -> list[Command]:  # noqa: ARG001
    """Events of postal items: `{"item_id": …, "operator": …, "events": [{"code", "at", "office"}]}`, or a list of such.

    The messages travel on a closed network and carry no signature. Raises `PayloadNotUnderstood`.
    """
    content = read_json(body, "A postal operator")
    items = objects_in(content if isinstance(content, list) else [content])
    scans = [scan for item in items if item.get("item_id") for scan in scans_of(item)]
    return commands_for(scans, lookup) if scans else unmapped(body, PROVIDER)


def scans_of(item: Mapping[str, Any]) -> list[Scan]:
    """The events of one item."""
    return delivered_once(_scan(item, event) for event in objects_in(item.get("events")))


def _scan(item: Mapping[str, Any], event: Mapping[str, Any]) -> Scan:
    code = str(event.get("code") or "").strip().upper()
    happened_at, doubt = read_instant(event.get("at"))
    return Scan(
        provider=PROVIDER,
        carrier=str(item.get("operator") or ""),
        tracking_no=str(item["item_id"]).strip(),
        milestone=CODES.get(code, "noted"),
        happened_at=happened_at,
        raw_code=code or "unknown",
        doubt=doubt,
        location=place(event.get("office")),
        text=str(event.get("text") or ""),
    )
