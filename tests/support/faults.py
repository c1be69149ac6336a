"""A mistake of ours, for tests: commands that raise what is no refusal, on every bus of the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from unittest.mock import patch

from commands.bus.decision import Decision
from commands.command import Command
from ledger.events.event import Event


class Mistake(Exception):
    """An exception that no decision should raise."""


@contextmanager
def failing(name: str, when: Callable[[Command], bool] = lambda _: True) -> Iterator[None]:
    """Commands of this name fail, where `when` says so."""
    whole = Decision.come_to

    def come_to(decision: Decision, events: Sequence[Event]) -> None:
        if decision.command.name == name and when(decision.command):
            raise Mistake(name)
        whole(decision, events)

    with patch.object(Decision, "come_to", come_to):
        yield
