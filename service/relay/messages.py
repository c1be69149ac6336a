"""Messages for a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ledger.log.rows import Recorded


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a stream takes at this sequence or not at all. `event` is the event that it hands over."""

    sequence: int
    subject: str
    id: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    event: Recorded | None = None
