"""The steps that the service takes by itself, as the policy in force switches them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from ledger.policies.automation import STEPS, Automation
from ledger.refusals.catalogue import PolicyNotEffective
from service.app import App


@dataclass(frozen=True, slots=True)
class AutomaticStep:
    """A step, and the version of the policy that switches it on or off."""

    step: str
    switched_on: bool
    policy_version: int


def steps_at(app: App, at: datetime) -> list[AutomaticStep]:
    """Returns the steps in the order of their names; none before a policy is in force."""
    try:
        policy, version = app.bus.reference().policy(Automation, at)
    except PolicyNotEffective:
        return []
    return [AutomaticStep(step, step not in policy.off, version) for step in sorted(STEPS)]
