"""A planned command, with its instant and the source rows and amounts that it covers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from commands.command import Command
from service.demo.olist.reais import NO_REAIS, Reais
from service.demo.olist.source import Row


class StepKind(IntEnum):
    """Kinds of steps. The numbers sort steps of one instant, so that prerequisites come first."""

    POLICY = 1
    RATE = 2
    ENROLMENT = 3
    PAYOUT_ACCOUNT = 4
    VERIFICATION = 5
    AUTO_EXPORT = 6
    ATTEMPT = 7
    APPROVAL = 8
    ORDER = 9
    CAPTURE = 10
    HAND_OVER = 11
    SIGNATURE = 12
    STATUS = 13
    CANCELLATION = 14
    RELEASE = 15
    UNMATCHED_ORDER = 16
    UNMATCHED_PAYMENT = 17

    @property
    def word(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Step:
    """A planned command. `build` makes it when it is submitted, so that a quarter of a million commands are not in
    memory at once.
    """

    at: datetime
    kind: StepKind
    command_id: str
    build: Callable[[], Command]
    rows: tuple[Row, ...] = ()
    reais: Reais = NO_REAIS

    @property
    def turn(self) -> tuple[datetime, StepKind, str]:
        """Returns the sort key: the instant, then the kind, then the name."""
        return self.at, self.kind, self.command_id
