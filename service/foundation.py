"""What a new ledger begins with: the default policies, in force from the programme's start."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.bus.bus import Bus
from commands.command import Command
from commands.policies.adopt_policy import AdoptPolicy
from ledger.actors import Actor
from ledger.policies.defaults import Default, default_policies
from ledger.policies.kinds import written
from service.failures import ServiceFailure

PROGRAMME_START = datetime(2025, 3, 9, 16, tzinfo=UTC)  # March 10 in Shanghai: statement 4, the year is ours
FOUNDER = Actor(kind="importer", id="redledger", role="defaults")


def publish_defaults(bus: Bus) -> None:
    """Adopt what was never published before. What a ledger was founded with stays, whatever newer code ships."""
    for outcome in bus.submit([_adoption(default) for default in default_policies()]):
        if outcome.status == "fault":
            raise ServiceFailure(f"The ledger could not be founded. {outcome.sentence}")


def _adoption(default: Default) -> Command:
    return AdoptPolicy(
        id=f"default-{default.key}",
        actor=FOUNDER,
        occurred_at=PROGRAMME_START,
        key=default.key,
        content=written(default.policy),
        effective_from=PROGRAMME_START,
    )
