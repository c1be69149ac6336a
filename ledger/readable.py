"""The check before an append that a reader can decode each event exactly as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import from_json, to_json

from ledger.canonical import canonical
from ledger.events.event import Event, decode
from ledger.journal.entry import Entry, entry_lines
from ledger.sealed import Sealed
from ledger.validation_messages import complaint

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # NUL as JSON writes it; a PostgreSQL text cannot hold it
_BOX: Sealed[Any] = Sealed(subject="subject", box="box")  # placeholder for the box while the value is in clear


class Unreadable(ValueError):
    """A reader of the log could not decode the value as it was written."""


def payload_of(event: Event) -> str | None:
    """Returns the event's payload after reading it back. Raises `Unreadable`.

    Returns None if the event holds personal values in clear: their box is sealed later. They are read back too.
    """
    try:
        return _read_back(event)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{event.name}: {_reason(error)}") from error


def text_of(entry: Entry) -> str:
    """Returns the entry's canonical JSON after reading it back. Raises `Unreadable`."""
    try:
        text = entry.text()
        entry_lines(text)
    except ValueError as error:
        raise Unreadable(f"its entry: {_reason(error)}") from error
    return text


def facts_text(facts: Mapping[str, Any]) -> str:
    """Returns the facts of a refusal as canonical JSON. If JSON cannot hold one exactly, all become short texts."""
    try:
        return canonical(facts)
    except ValueError:
        return canonical({name: ascii(value)[:500] for name, value in facts.items()})


def _read_back(event: Event) -> str | None:
    boxed = event
    for field in event.sealed_fields:
        if isinstance(value := getattr(event, field), Sealed) and not value.is_closed:
            from_json(to_json(value.in_clear))
            boxed = boxed.model_copy(update={field: _BOX})
    payload = boxed.payload()
    if "\\u0000" in payload and _NUL.search(payload):
        raise Unreadable("a text holds a NUL character")
    found = decode(event.name, event.schema_version, payload)
    if found != boxed and found.payload() != payload:  # comparing is cheaper than encoding; boxes are never equal
        raise Unreadable("it is not read back as it was written")
    return payload if boxed is event else None


def _reason(error: Exception) -> str:
    return (complaint(error) if isinstance(error, ValueError) else str(error))[:200]
