"""Ends of a relay, and the signal that a rival was quicker."""

from __future__ import annotations

from nats.errors import Error

from ledger.ledger import Ledger
from ledger.log.identity import read_identity
from service.failures import ServiceFailure, Unavailable


class StreamRefused(ServiceFailure):
    """A stream at the broker is not our copy, or the ledger cannot be relayed. A person must decide."""


class BrokerUnavailable(Unavailable):
    """The broker did not answer in time."""


class MessageTooLarge(Error):
    """An event or a row has more bytes than the broker takes in one message."""

    def __init__(self, subject: str, size: int, largest: int) -> None:
        super().__init__(
            f"a message of {subject} has {size:,} bytes, and the broker takes {largest:,}; raise max_payload in its"
            " configuration"
        )


class Overtaken(Exception):
    """The stream is at another sequence than expected: another relay published first, or the broker lost events."""


def expect_same_epoch(ledger: Ledger) -> None:
    """Raises `StreamRefused` if the ledger was restored since it was opened. Call it after a read."""
    if read_identity(ledger.engine) != ledger.identity:
        raise StreamRefused("The ledger was restored while it was relayed. Start the relay again.")
