"""The base class of streams: a name, a version, and a fold of events that never checks a rule."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any, Self

from ledger.events.event import Event
from ledger.folds.evolution import Evolving
from ledger.streams.breaks import Break, remember_break
from ledger.streams.proposals import PREFIX, Proposal, remember_proposal
from ledger.streams.state_copy import state_copy


class Stream(Evolving):
    """The state of one stream. Subclasses register one `evolve` method for each event type.

    `evolve` reads no clock and calls no policy, because it runs again on every replay. An event without a method only
    raises the version.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = 0
        self.known_breaks: dict[str, Break] = {}  # open and resolved
        self.proposals: dict[str, Proposal] = {}  # open and closed

    @property
    def exists(self) -> bool:
        return self.version > 0

    @property
    def subject(self) -> str:
        """The subject of the personal data in this stream's events: the key that they are sealed under."""
        return self.name

    @property
    def buyer(self) -> str | None:
        """The buyer whom this stream is about, as far as it knows."""
        return None

    @property
    def access_account(self) -> str | None:
        """The access account whom this stream is about, as far as it knows."""
        return None

    @property
    def claimed(self) -> int:
        """The fen of the merchant's released money that open cases and disputes of this stream may still take."""
        return 0

    def apply(self, event: Event) -> None:
        """Applies one more event and raises the version by 1."""
        self.remember(event)
        if event.name.startswith("break."):
            remember_break(self.known_breaks, event)
        elif event.name.startswith(PREFIX):
            remember_proposal(self.proposals, event)
        self.version += 1

    def after(self, *events: Event) -> Self:
        """Returns a copy of the stream with these events applied; the stream itself does not change."""
        later = state_copy(self)
        for event in events:
            later.apply(event)
        return later

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""
