"""Simulates the platform's own steps: daily rates, changed policies, and facts that name no order."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.defaults import default_policies
from ledger.policies.fees import Fees
from ledger.policies.kinds import written
from service.demo.simulator.rates import PROVIDER as RATE_PROVIDER
from service.demo.simulator.rates import Rates
from service.demo.simulator.step import CARRIER, OPERATIONS, PROVIDER, SYSTEM, Step, by_two
from service.demo.simulator.world import World

_DEEMED_DAY = 24  # orders of this day have a lock policy with deemed signatures
_DEEMED_AFTER = "P25D"


def platform_steps(world: World) -> Iterator[Step]:
    """Yields all steps that belong to no single order."""
    for offset in range(world.days.count + 1):
        yield from rates_of(world.rates, world.first_day + timedelta(days=offset), seed=world.seed)
    yield from _rules(world)
    yield from _unmatched_facts(world)


def rates_of(rates: Rates, day: date, *, seed: int) -> Iterator[Step]:
    """Yields the rates of a day, known from its first instant in Shanghai."""
    opening = datetime.combine(day, time(), ACCOUNTING_ZONE).astimezone(UTC)
    for currency in ("USD", "HKD"):
        for kind in ("book", "reference"):
            rate = {"pair": f"{currency}/CNY", "rate": rates.book[currency, day], "kind": kind}
            step_id = f"sim{seed}.rate.{currency}.{kind}.{day}"
            data = {**rate, "provider": RATE_PROVIDER, "as_of": day}
            yield Step(opening, step_id, "record_fx_rate", SYSTEM, data)


def _rules(world: World) -> Iterator[Step]:
    """Yields a promotion with a lower fee for ten days, and a lock policy with deemed signatures for one day."""
    defaults = {default.key: default.policy for default in default_policies()}
    fees, lock = written(defaults[Fees.key]), written(defaults[AfterSalesLock.key])
    ten_days = {"begins": world.day(15), "ends": world.day(25), "rate_bps": 300, "categories": ["beauty"]}
    promoted = {"content": fees | {"promotions": [ten_days]}, "effective_from": world.day(15)}
    at, step_id = world.day(12, hour=3), f"sim{world.seed}.fees"
    yield from by_two(at, step_id, "set_fee_schedule", promoted, reason="promotion", approver=OPERATIONS)
    for n, after in enumerate((_DEEMED_AFTER, None)):
        content, from_ = lock | {"deemed_signature_after": after}, world.day(_DEEMED_DAY + n)
        changed = {"key": AfterSalesLock.key, "content": content, "effective_from": from_}
        at, step_id = from_ - timedelta(hours=9), f"sim{world.seed}.lock.{n}"
        yield from by_two(at, step_id, "publish_policy", changed, reason="trial_day", approver=OPERATIONS)


def _unmatched_facts(world: World) -> Iterator[Step]:
    """Yields facts whose order is not known: a scan and a dispute."""
    facts = (
        ("simpost", "tracking", {"tracking_no": "SP-UNKNOWN-7CN"}, {"milestone": "arrived", "location": "Los Angeles"}),
        (PROVIDER.id, "dispute", {"dispute": "dp_unknown_1"}, {"reason": "fraud", "stage": "inquiry"}),
    )
    for number, (system, kind, refs, body) in enumerate(facts, 1):
        reference = f"unmatched-{world.seed}-{number}"
        data = {"system": system, "reference": reference, "kind": kind, "refs": refs, "body": body}
        actor = CARRIER if system == CARRIER.id else PROVIDER
        at = world.day(9 + number, hour=5)
        yield Step(at, f"sim{world.seed}.{reference}", "report_unmatched_fact", actor, data, is_report=True)
