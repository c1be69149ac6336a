"""The mapping between our events and those of the `eventsourcing` library."""

from __future__ import annotations

from dataclasses import dataclass

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent

from ledger.events.event import Event, Undecodable, decode


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event at its version in a stream: the library's domain event."""

    originator_id: str
    originator_version: int
    event: Event


class LedgerMapper(Mapper[str]):
    """Maps `StreamEvent` to the library's `StoredEvent` and back.

    The library maps by class path. We map by stored name, because a name outlives its class, and upcast old versions.
    """

    def __init__(self) -> None:
        super().__init__(transcoder=JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        assert isinstance(domain_event, StreamEvent), "the log holds the ledger's events only"
        event = domain_event.event
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=topic_of(event.name, event.schema_version),
            state=event.payload().encode(),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> StreamEvent:
        """Returns the event, upcast to its newest version. Raises the library's `MapperDeserialisationError`."""
        name, version = name_and_version(stored_event.topic)
        try:
            event = decode(name, version, stored_event.state)
        except Undecodable as error:
            raise MapperDeserialisationError(f"{stored_event.topic} cannot be read: {error}") from error
        return StreamEvent(str(stored_event.originator_id), stored_event.originator_version, event)


def topic_of(name: str, version: int) -> str:
    """Returns the name for version 1, and `payment.captured@2` for a later version."""
    return name if version == 1 else f"{name}@{version}"


def name_and_version(topic: str) -> tuple[str, int]:
    name, _, version = topic.rpartition("@")
    return (name, int(version)) if name and version.isdigit() else (topic, 1)
