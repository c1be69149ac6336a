"""One thing that somebody does or reports at an instant of the simulated month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.who import Actor

SYSTEM = Actor(kind="system", id="scheduler", role="system")
OPERATIONS = Actor(kind="platform", id="li.na", role="platform_ops")
FINANCE = Actor(kind="platform", id="zhao.min", role="finance")
SERVICE_DESK = Actor(kind="platform", id="wang.fang", role="platform_cs")
PROVIDER = Actor(kind="partner", id="simpay", role="psp")
BANK = Actor(kind="partner", id="simbank", role="bank")
CARRIER = Actor(kind="partner", id="simpost", role="carrier")


@dataclass(frozen=True, slots=True)
class Step:
    """A command by name, with its data as it comes from outside. A report brings the instant it happened, by default
    the one it is told at.

    `only_after` names a step without which this one does not happen: the bank answers only what it was asked.
    """

    at: datetime
    id: str
    command: str
    actor: Actor
    data: dict[str, Any]
    is_report: bool = False
    only_after: str = ""
    happened_at: datetime | None = None
