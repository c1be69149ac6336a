"""Ends of a relay, and the signal that a rival was quicker."""

from __future__ import annotations

from nats.errors import Error

from ledger.log.rows import Recorded
from service.failures import ServiceFailure, Unavailable


class StreamRefused(ServiceFailure):
    """A stream at the broker is not the copy of its book, or the ledger cannot be relayed. A person must decide."""


class BrokerUnavailable(Unavailable):
    """The broker did not answer in time."""


class EventTooLarge(Error):
    """An event has more bytes than the broker takes in one message."""

    def __init__(self, row: Recorded, size: int, largest: int) -> None:
        super().__init__(
            f"the event at position {row.position} has {size:,} bytes, and the broker takes {largest:,}; raise"
            " max_payload in its configuration"
        )


class Overtaken(Exception):
    """The stream is at another sequence than expected: another relay published first, or the broker lost events."""
