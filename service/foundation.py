"""Founds a ledger: publishes the default policies, in force from the start of the programme."""

from __future__ import annotations

from datetime import UTC, datetime

from commands.bus.bus import Bus
from commands.command import Command
from commands.policies.adopt_policy import AdoptPolicy
from ledger.actors import Actor
from ledger.policies.defaults import Default, default_policies
from ledger.policies.kinds import written
from service.failures import ServiceFailure

# 10 March in Shanghai: statement 4 of the programme, which names no year.
PROGRAMME_START = datetime(2025, 3, 9, 16, tzinfo=UTC)
FOUNDER = Actor(kind="importer", id="redledger", role="defaults")


def publish_defaults(bus: Bus) -> None:
    """Publishes each default policy that was never published. A published policy stays as it is when newer code has
    another default.
    """
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
