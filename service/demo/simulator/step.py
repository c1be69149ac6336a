"""One action or report at an instant of the simulated month."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from commands.command import Command
from commands.menu import MENU
from commands.proposable import PROPOSABLE
from ledger.actors import Actor
from service.app import App

SYSTEM = Actor(kind="system", id="scheduler", role="system")
OPERATIONS = Actor(kind="platform", id="li.na", role="admin")
FINANCE = Actor(kind="platform", id="zhao.min", role="finance")
CONTROLLER = Actor(kind="platform", id="sun.hao", role="finance")
SERVICE_DESK = Actor(kind="platform", id="wang.fang", role="support")
PROVIDER = Actor(kind="partner", id="simpay", role="psp")
BANK = Actor(kind="partner", id="simbank", role="bank")
CARRIER = Actor(kind="partner", id="simpost", role="carrier")
BROKER = Actor(kind="partner", id="simbroker", role="customs")


@dataclass(frozen=True, slots=True)
class Step:
    """A command by name, with its data from outside. A report has the instant of its fact, by default the instant of
    the report.
    """

    at: datetime
    id: str
    command: str
    actor: Actor
    data: dict[str, Any]
    is_report: bool = False
    happened_at: datetime | None = None

    def as_command(self) -> Command:
        occurred_at = (self.happened_at or self.at) if self.is_report else None
        envelope = {"id": self.id, "actor": self.actor, "occurred_at": occurred_at}
        return MENU[self.command].command.model_validate({**envelope, **self.data})


@dataclass(frozen=True, slots=True)
class Act:
    """An action that depends on the state of the ledger, such as a settlement run or a bank's answer.

    `do` acts through the service and returns further steps. A repetition has the same result, even after later events.
    """

    at: datetime
    id: str
    do: Callable[[App], Iterable[Step]]


def by_two(
    at: datetime,
    id: str,
    command: str,
    data: dict[str, Any],
    *,
    reason: str,
    note: str | None = None,
    proposer: Actor = FINANCE,
    approver: Actor = CONTROLLER,
    answer: str = "approve_proposal",
    after: timedelta = timedelta(minutes=1),
) -> Iterator[Step]:
    """Yields the proposal of a command, and its approval or rejection by another person some time later."""
    proposal = {"proposal_id": id, "command": command, "data": data, "reason": reason, "note": note}
    yield Step(at, f"{id}.proposed", "propose", proposer, proposal)
    stream = PROPOSABLE[command].command.model_validate({**data, "id": id, "actor": proposer}).stream
    decided = {"in_stream": stream, "proposal_id": id}
    yield Step(at + after, f"{id}.approved", answer, approver, decided)
