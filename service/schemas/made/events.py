"""Schemas of events: the payload and the journal entry, exactly as they were recorded."""

from __future__ import annotations

from ledger.events.event import EVENTS, Event
from ledger.events.published import PUBLISHED
from service.schemas.catalogue import Schema
from service.schemas.made.shared_types import RECORDED, plain, type_ref

_NULL = {"type": "null"}


def events() -> dict[str, Schema]:
    """Returns the schema of each event by its name and version."""
    ours = {module.__name__ for module in PUBLISHED}
    return {
        f"{name}.v{version}": _event(kind)
        for (name, version), kind in sorted(EVENTS.items())
        if kind.__module__ in ours
    }


def _event(kind: type[Event]) -> Schema:
    payload = plain(_payload(kind), RECORDED)
    definitions = payload.pop("$defs", None)
    says = payload.pop("description", "")
    return {
        "type": "object",
        "description": says,
        "required": ["payload", "entry"],
        "properties": {"payload": payload, "entry": {"anyOf": [type_ref("journal_entry"), _NULL]}},
    } | ({"$defs": definitions} if definitions else {})


def _payload(kind: type[Event]) -> Schema:
    found = kind.model_json_schema(mode="serialization")
    for field in kind.sealed_fields:  # pydantic describes the value before it is sealed
        optional = not kind.model_fields[field].is_required()
        found["properties"][field] = (
            {"anyOf": [type_ref("sealed"), _NULL], "default": None} if optional else type_ref("sealed")
        )
    return found
