"""Events of an order's parcels, kept as text or as events until their fold is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import PlainSerializer, PlainValidator

from ledger.events.event import Event, decode
from ledger.folds.parcels import Parcels


class ParcelReports:
    """The events of parcels in their order. `parcels` folds each of them once, when it is first asked for."""

    def __init__(self, text: str = "") -> None:
        self._text, self._more = text, list[Event]()
        self._parcels: Parcels | None = None
        self._folded = 0  # of `_more`

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ParcelReports) and self.text == other.text

    __hash__ = None  # type: ignore[assignment]

    def add(self, event: Event) -> None:
        self._more.append(event)

    @property
    def parcels(self) -> Parcels:
        if self._parcels is None:
            self._parcels = parcels_of(self._text)
        for event in self._more[self._folded :]:
            self._parcels.remember(event)
        self._folded = len(self._more)
        return self._parcels

    @property
    def text(self) -> str:
        """All events, one a line."""
        return self._text + "".join(map(stored, self._more))


Reports = Annotated[ParcelReports, PlainValidator(ParcelReports), PlainSerializer(lambda reports: reports.text)]


def stored(event: Event) -> str:
    """Returns the event as one line of text."""
    return f"{event.name} {event.schema_version} {event.payload()}\n"


def parcels_of(text: str) -> Parcels:
    """Returns the parcels after all events in the text."""
    parcels = Parcels()
    for event in _events_in(text):
        parcels.remember(event)
    return parcels


def _events_in(text: str) -> Iterator[Event]:
    for line in text.splitlines():
        name, version, payload = line.split(" ", 2)
        yield decode(name, int(version), payload)
