"""Sorts all steps of an import by time, for submission in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from ledger.accounting_days import accounting_day
from ledger.money import total
from ledger.policies.defaults import default_policies
from ledger.policies.reference import Reference
from ledger.policies.release import Release
from ledger.refusals.catalogue import PolicyNotEffective
from service.adapters.ecb import EcbRates
from service.demo.olist.folder import Folder
from service.demo.olist.merchant_steps import merchant_steps
from service.demo.olist.order_steps import order_steps
from service.demo.olist.orders import OrderMaker
from service.demo.olist.platform_steps import policy_steps, rate_steps, start_of_day
from service.demo.olist.rates import ImportRates
from service.demo.olist.reais import Reais
from service.demo.olist.source import BRL
from service.demo.olist.step import Step, StepKind
from service.demo.olist.unmatched_steps import unmatched_steps


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of an import, each part sorted by event time.

    The platform's policies and rates are submitted first and separately: facts of book 0 need rates of an earlier
    submission.
    """

    folder: Folder
    platform: list[Step]
    steps: list[Step]

    def __len__(self) -> int:
        return len(self.platform) + len(self.steps)

    def batches(self, size: int) -> Iterator[list[Step]]:
        """Yields the steps for submission, up to `size` at once."""
        for part in (self.platform, self.steps):
            for start in range(0, len(part), size):
                yield part[start : start + size]

    @property
    def source_reais(self) -> Reais:
        """Returns the sums of the source's rows."""
        items = [item for group in self.folder.items.values() for item in group]
        payments = [payment.value for group in self.folder.payments.values() for payment in group]
        return Reais(
            items=total([item.price for item in items], BRL),
            freight=total([item.freight for item in items], BRL),
            payments=total(payments, BRL),
        )


def make_plan(folder: Folder, ecb: EcbRates, in_force: Reference) -> Plan:
    """Returns the plan of a folder; `in_force` are the ledger's policies. Raises `NoCrossRate`."""
    if not folder.orders:
        return Plan(folder, [], [])
    rates = ImportRates(ecb, first=_first_day(folder), last=_last_day(folder))
    platform = [*policy_steps(rates.recorded[0].as_of, in_force), *rate_steps(rates.recorded)]
    steps = [*merchant_steps(folder), *_order_steps(folder, rates, _release(in_force, _first_day(folder)))]
    return Plan(folder, sorted(platform, key=_turn), sorted(steps, key=_turn))


def _turn(step: Step) -> tuple[datetime, StepKind, str]:
    return step.turn


def _order_steps(folder: Folder, rates: ImportRates, release: Release) -> Iterator[Step]:
    maker = OrderMaker(folder, rates)
    for source in folder.orders:
        if orders := maker.merchant_orders(source):
            yield from order_steps(orders, folder, release)
        else:
            yield from unmatched_steps(source, folder, rates)


def _release(in_force: Reference, day: date) -> Release:
    """Returns the release policy in force on the day: the ledger's, else the default."""
    try:
        return in_force.policy(Release, start_of_day(day))[0]
    except PolicyNotEffective:
        return next(d.policy for d in default_policies() if isinstance(d.policy, Release))


def _first_day(folder: Folder) -> date:
    # An order's own day may be the day before its accounting day, because Shanghai lies further east.
    return min(min(order.day, accounting_day(order.first_known_at)) for order in folder.orders)


def _last_day(folder: Folder) -> date:
    return max(accounting_day(order.last_known_at) for order in folder.orders)
