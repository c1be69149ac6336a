"""What every stream has: a name, a version, and a fold of its events that never checks a rule."""

from __future__ import annotations

from copy import deepcopy
from functools import singledispatchmethod
from typing import Any, Self

from ledger.events.event import Event
from ledger.streams.breaks import Break, remember_break
from ledger.streams.evolution import Evolving
from ledger.streams.proposals import PREFIX, Proposal, remember_proposal


class Stream(Evolving):
    """What is remembered of one stream. Subclasses add `evolve.register` methods, one an event.

    `evolve` reads no clock and calls no policy: it runs again on every replay. What it has no method for changes
    nothing that later decisions rest on.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.version = 0
        self.known_breaks: dict[str, Break] = {}  # open and explained
        self.proposals: dict[str, Proposal] = {}  # open and decided

    @property
    def exists(self) -> bool:
        return self.version > 0

    @property
    def subject(self) -> str:
        """Whose personal data this stream's events hold: the key they are sealed under."""
        return self.name

    @property
    def claimed(self) -> int:
        """What of its merchant's released money may still be taken for what this stream is about, in fen."""
        return 0

    def apply(self, event: Event) -> None:
        """Remember one more event."""
        self.remember(event)
        if event.name.startswith("break."):
            remember_break(self.known_breaks, event)
        elif event.name.startswith(PREFIX):
            remember_proposal(self.proposals, event)
        self.version += 1

    def after(self, *events: Event) -> Self:
        """What would be remembered after these events; this stays as it is."""
        later = deepcopy(self)
        for event in events:
            later.apply(event)
        return later

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""
