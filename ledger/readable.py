"""What is written can be read: every event is decoded and encoded again, as a reader would, before it is appended."""

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

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")  # as JSON writes it; PostgreSQL's text holds none
_BOX: Sealed[Any] = Sealed(subject="subject", box="box")  # stands for the box while the value is still in clear


class Unreadable(ValueError):
    """A value that a reader of the log could not find again."""


def payload_of(event: Event) -> str | None:
    """The event's payload, once it was read back; None while it holds personal values in clear, which are read back
    too. Raises `Unreadable`.
    """
    try:
        return _read_back(event)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{event.name}: {_reason(error)}") from error


def text_of(entry: Entry) -> str:
    """The entry's text, once it was read back. Raises `Unreadable`."""
    try:
        text = entry.text()
        entry_lines(text)
    except ValueError as error:
        raise Unreadable(f"its entry: {_reason(error)}") from error
    return text


def facts_text(facts: Mapping[str, Any]) -> str:
    """The facts of a refusal as they are stored; where JSON cannot hold one exactly, all of them as short texts."""
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
    if found != boxed and found.payload() != payload:  # to compare is cheaper than to write again; boxes never equal
        raise Unreadable("it is read as something else than what was written")
    return payload if boxed is event else None


def _reason(error: Exception) -> str:
    return (complaint(error) if isinstance(error, ValueError) else str(error))[:200]
