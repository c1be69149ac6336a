"""What ends a command of ours: a plain sentence for whoever typed it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from commands.bus.outcome import Outcome


class ServiceFailure(Exception):
    """Something outside stands in the way: a port in use, a database that is down, a folder somebody else holds."""


class UnknownValue(ServiceFailure):
    """A filter, or a cursor, is none that is known. `field` is the parameter."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Interrupted(ServiceFailure):
    """Ctrl-C ended a command before it was done."""


class OutputUnusable(ServiceFailure):
    """Standard output or a file does not take what is written to it."""


def accepted(outcome: Outcome) -> Outcome:
    """The outcome itself. Raises `ServiceFailure` where it was refused or failed."""
    if not outcome.is_accepted:
        raise ServiceFailure(f"{outcome.sentence} {outcome.remedy} ({outcome.code})")
    return outcome
