"""The base class of projections: name, version, tables, used events, and the fold into rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ledger.events.event import Event
from projections.engine.batch import Batch
from projections.engine.tables import ViewTable

EVERY_EVENT: tuple[type[Event], ...] = ()


class Projection(ABC):
    """A read model. A new one is one file and one line in `projections/registry.py`, never a migration.

    `version` stands for the shape and the meaning of the rows: raise it if one of them changes, and rebuild. An
    instance keeps no state between batches; a fold reads its state back from its rows.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[tuple[ViewTable, ...]]
    events: ClassVar[tuple[type[Event], ...]] = EVERY_EVENT
    entries_only: ClassVar[bool] = False  # reads only events with a journal entry, without their payloads

    @abstractmethod
    def fold(self, batch: Batch) -> None:
        """Applies the next events of one book to its rows, in order. Reads no clock and no other table.

        The same events give the same rows, in batches of any size. An exception stops the projection in this book
        before the event that cannot be applied.
        """

    @classmethod
    def event_names(cls) -> frozenset[str] | None:
        """Returns the stored names of the events that it uses, or None for every event."""
        return frozenset(event.name for event in cls.events) if cls.events else None
