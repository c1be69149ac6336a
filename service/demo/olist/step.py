"""One command to be, with the instant it belongs to and the source rows and amounts it accounts for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from commands.command import Command
from service.demo.olist.reais import NO_REAIS, Reais
from service.demo.olist.source import Row


class StepKind(IntEnum):
    """What a step does. The numbers order steps of one instant: what others rest on goes first."""

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
    """`build` makes the command when it is its turn: a quarter of a million of them are not held at once."""

    at: datetime
    kind: StepKind
    command_id: str
    build: Callable[[], Command]
    rows: tuple[Row, ...] = ()
    reais: Reais = NO_REAIS

    @property
    def turn(self) -> tuple[datetime, StepKind, str]:
        """Sorts steps: by when they happened, then by what rests on what, then by name."""
        return self.at, self.kind, self.command_id
