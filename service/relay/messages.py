"""Messages for a stream."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from nats.js.api import Header

from ledger.log.rows import Recorded


class Batch(NamedTuple):
    """The place of a message in a batch, which the stream takes as a whole or not at all (NATS ADR-50)."""

    id: str
    number: int  # from 1
    is_last: bool


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a stream takes at this sequence or not at all, or its `batch`. `event` is the event that it hands
    over."""

    sequence: int
    subject: str
    id: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    event: Recorded | None = None
    batch: Batch | None = None

    @property
    def is_answered(self) -> bool:
        """True if the stream acknowledges it: of a batch, the last message."""
        return self.batch is None or self.batch.is_last

    @property
    def places(self) -> Mapping[str, str]:
        """The headers that say where the stream takes it."""
        expected = {Header.EXPECTED_LAST_SEQUENCE.value: str(self.sequence - 1)}
        if self.batch is None:
            return expected
        id, number, is_last = self.batch
        within = {"Nats-Batch-Id": id, "Nats-Batch-Sequence": str(number)}
        return within | (expected if number == 1 else {}) | ({"Nats-Batch-Commit": "1"} if is_last else {})
