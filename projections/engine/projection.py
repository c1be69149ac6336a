"""What a projection is: a name, a version, its tables, the events it uses, and a fold of a book's events into rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ledger.events.event import Event
from projections.engine.batch import Batch
from projections.engine.tables import ViewTable

EVERY_EVENT: tuple[type[Event], ...] = ()


class Projection(ABC):
    """A read model. A new one is one file and one line in `projections/registry.py`; never a migration.

    `version` names the shape and the meaning of the rows: raise it when either changes, and rebuild.
    An instance holds no state between batches: what a fold remembers, it reads back from its rows.
    """

    name: ClassVar[str]
    version: ClassVar[int]
    tables: ClassVar[tuple[ViewTable, ...]]
    events: ClassVar[tuple[type[Event], ...]] = EVERY_EVENT
    entries_only: ClassVar[bool] = False  # given only what has a journal entry, and that without its payload

    @abstractmethod
    def fold(self, batch: Batch) -> None:
        """Change the rows of one book by the next of its events, in order. Reads no clock and no other table.

        The same events must give the same rows, however they are cut into batches. Whatever it raises stops this
        projection in this book at the event that cannot be applied.
        """

    @classmethod
    def event_names(cls) -> frozenset[str] | None:
        """The stored names of the events it uses; None for every event."""
        return frozenset(event.name for event in cls.events) if cls.events else None
