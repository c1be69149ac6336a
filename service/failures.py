"""Exceptions that end a command of the command line with one plain sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome


class ServiceFailure(Exception):
    """The command cannot run for an outside reason: a port is in use, a database is down, a folder is locked."""


class NotKnown(ServiceFailure):
    """The thing that the address names is not known."""


class UnknownValue(ServiceFailure):
    """The value of a filter or cursor is not known. `field` is the name of the parameter."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Unavailable(ServiceFailure):
    """Something outside does not answer now. The same command may be run again."""


class Interrupted(ServiceFailure):
    """Ctrl-C ended a command before it was finished."""


class OutputUnusable(ServiceFailure):
    """Standard output or a file cannot be written."""


def accepted(outcome: Outcome) -> Outcome:
    """Returns the outcome. Raises `ServiceFailure` if it is a refusal or a fault."""
    if not outcome.is_accepted:
        raise ServiceFailure(f"{outcome.sentence} {outcome.remedy} ({outcome.code})")
    return outcome
