"""Our events as the event-sourcing library sees them: stored under their own names, lifted by our own upcasts."""

from __future__ import annotations

from dataclasses import dataclass

from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent

from ledger.events.event import Event, Undecodable, decode


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """An event at its place in a stream: what the library calls a domain event."""

    originator_id: str
    originator_version: int
    event: Event


class LedgerMapper(Mapper[str]):
    """Between `StreamEvent` and the library's `StoredEvent`. The library's own mapping by class paths is not used:
    a stored name outlives its class, and an old version is lifted as it is read.
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
        """The event, lifted to its newest version. Raises the library's `MapperDeserialisationError`."""
        name, version = name_and_version(stored_event.topic)
        try:
            event = decode(name, version, stored_event.state)
        except Undecodable as error:
            raise MapperDeserialisationError(f"{stored_event.topic} cannot be read: {error}") from error
        return StreamEvent(str(stored_event.originator_id), stored_event.originator_version, event)


def topic_of(name: str, version: int) -> str:
    """`payment.captured`, `payment.captured@2`: a first version goes without its number."""
    return name if version == 1 else f"{name}@{version}"


def name_and_version(topic: str) -> tuple[str, int]:
    name, _, version = topic.rpartition("@")
    return (name, int(version)) if name and version.isdigit() else (topic, 1)
