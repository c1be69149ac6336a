"""Makes the steps before the first order: the default policies, and the rates of every business day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time
from functools import partial

from commands.command import Command
from commands.policies.adopt_policy import AdoptPolicy
from commands.policies.record_fx_rate import RecordFxRate
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.fx import Rate
from ledger.policies.defaults import default_policies
from ledger.policies.kinds import written
from ledger.policies.policy import Policy
from ledger.policies.programme_start import ProgrammeStart
from ledger.policies.reference import Reference
from ledger.refusals.catalogue import PolicyNotEffective
from service.demo.olist.asker import IMPORTER, named
from service.demo.olist.step import Step, StepKind


def start_of_day(day: date) -> datetime:
    """Returns the first instant of an accounting day."""
    return datetime.combine(day, time(), ACCOUNTING_ZONE)


def policy_steps(begin: date, in_force: Reference) -> Iterator[Step]:
    """Yields the defaults of every policy without a version in force on `begin`, so that none is replaced."""
    at = start_of_day(begin)
    for default in default_policies():
        if not _is_in_force(default.policy, in_force, at):
            command_id = named("policy", default.key, begin.isoformat())
            yield Step(at, StepKind.POLICY, command_id, partial(_adopt, command_id, default.policy, at))


def rate_steps(rates: list[Rate]) -> Iterator[Step]:
    """Yields each rate from the start of its day, so that every fact of the day finds it."""
    for rate in rates:
        # The id contains the value: a corrected rate file records its corrections, the same file nothing.
        command_id = named("rate", rate.base, rate.kind, rate.as_of.isoformat(), rate.value)
        at = start_of_day(rate.as_of)
        yield Step(at, StepKind.RATE, command_id, partial(_record, command_id, rate, at))


def _is_in_force(policy: Policy, in_force: Reference, at: datetime) -> bool:
    try:
        in_force.policy(type(policy), at)
    except PolicyNotEffective:
        return False
    return True


def _adopt(command_id: str, policy: Policy, at: datetime) -> Command:
    if isinstance(policy, ProgrammeStart):
        policy = policy.model_copy(update={"first_day": at.date()})  # the orders are older than the programme
    return AdoptPolicy(
        id=command_id, actor=IMPORTER, occurred_at=at, key=policy.key, content=written(policy), effective_from=at
    )


def _record(command_id: str, rate: Rate, at: datetime) -> Command:
    return RecordFxRate(
        id=command_id,
        actor=IMPORTER,
        occurred_at=at,
        pair=rate.pair,
        rate=rate.value,
        kind=rate.kind,
        provider=rate.source,
        as_of=rate.as_of,
    )
