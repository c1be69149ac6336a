"""Simulates facts of the month's last days that are reported after its end, so that the books of the month change.

They are a paid refund, and a dispute's fee and loss; `providers.py` adds a line that was settled on the last day.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from service.demo.simulator.catalogue_life import CatalogueScenario
from service.demo.simulator.scenarios.disputes import chargeback_lost_by_the_merchant
from service.demo.simulator.scenarios.order_steps import Scenario, placed_and_paid, refund_outcome
from service.demo.simulator.step import SYSTEM, Step
from service.demo.simulator.world import World

LATE = 7  # index of the world's guests
REPORTED_AFTER = 5  # days after the month's last day, while the month is still open
SINCE = -8  # days before the end at which the refunded order is placed
_AN_HOUR = timedelta(hours=1)
_LATE = ("report_dispute_fee", "report_dispute_lost")


def late_steps(world: World) -> Iterator[Step]:
    catalogue_scenario = CatalogueScenario(world, LATE)
    buyer = next(buyer for buyer in world.buyers if buyer.market == "HK")
    yield from catalogue_scenario.joins()
    yield from _refunded(world, catalogue_scenario.order(world.after_the_month(SINCE, hour=3), buyer=buyer))
    yield from _charged_back(world, catalogue_scenario.order(world.day(1, hour=3), buyer=buyer))


def _refunded(world: World, scenario: Scenario) -> Iterator[Step]:
    """Out of stock; the provider paid the refund two days before the month's end."""
    paid_at = yield from placed_and_paid(scenario)
    at = paid_at + 5 * _AN_HOUR
    yield scenario.asks(at, "cancel_order", scenario.merchant, reason="out_of_stock", refund_id=scenario.refund_id)
    yield scenario.asks(at + _AN_HOUR, "submit_refund", SYSTEM, refund_id=scenario.refund_id)
    paid = refund_outcome(scenario, world.after_the_month(-2), scenario.refund_id, scenario.basket.total, "succeeded")
    yield _heard(world, paid)


def _charged_back(world: World, scenario: Scenario) -> Iterator[Step]:
    """The issuer's decision and its fee have the month's last days as their instants, no matter when the goods were
    delivered.
    """
    for n, step in enumerate(chargeback_lost_by_the_merchant(scenario)):
        if step.command in _LATE:
            yield _heard(world, replace(step, at=world.after_the_month(-1, hour=n % 20)))
        else:
            yield step


def _heard(world: World, step: Step) -> Step:
    """Returns the step as a report that comes some days after the month."""
    return replace(step, at=world.after_the_month(REPORTED_AFTER, hour=step.at.hour), happened_at=step.at)
