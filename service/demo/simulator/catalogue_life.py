"""Simulates merchants that are rejected, suspended or leave, and products that enter and leave the export pool."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service.demo.simulator.basket import make_basket
from service.demo.simulator.merchants import joins
from service.demo.simulator.people import Buyer
from service.demo.simulator.scenarios.order_steps import Scenario, placed
from service.demo.simulator.scenarios.scenarios import delivered
from service.demo.simulator.step import OPERATIONS, Step
from service.demo.simulator.world import World

APPLICANT, SUSPENDED, LEAVER, CURATOR = 0, 1, 2, 3  # indexes of the world's guests
_A_MINUTE = timedelta(minutes=1)


def catalogue_steps(world: World) -> Iterator[Step]:
    """Yields the steps of four merchants and their products."""
    yield from _turned_down_then_enrolled(CatalogueScenario(world, APPLICANT))
    yield from _suspended_then_reinstated(CatalogueScenario(world, SUSPENDED))
    yield from _withdrawn(CatalogueScenario(world, LEAVER))
    yield from _in_and_out_of_the_pool(CatalogueScenario(world, CURATOR))


class CatalogueScenario:
    """Writes the steps of one guest merchant; ids follow from the merchant. `book` separates its sets of orders."""

    def __init__(self, world: World, guest: int, *, book: int = 0) -> None:
        self.world, self.merchant = world, world.guests[guest]
        self._name, self._reported, self._orders = f"9{book}{guest}", 0, 0
        self._random = Random(f"guest {world.seed} {self._name}")

    def asks(self, at: datetime, command: str, actor: Any = None, **data: Any) -> Step:
        """Returns a step of the merchant, or of another actor."""
        self._reported += 1
        named = {"merchant_id": self.merchant.merchant_id, **data}
        step_id = f"sim{self.world.seed}.{self.merchant.merchant_id}.g{self._reported:02d}"
        return Step(at, step_id, command, actor or self.merchant.owner, named)

    def joins(self) -> Iterator[Step]:
        return joins(self.world, self.merchant)

    def order(
        self, at: datetime, *, market: str = "US", product: int | None = None, buyer: Buyer | None = None
    ) -> Scenario:
        """Returns the scenario of an order of this merchant, of a certain product if `product` is given."""
        self._orders += 1
        merchant, buyers = self.merchant, [buyer for buyer in self.world.buyers if buyer.market == market]
        if product is not None:
            merchant = replace(merchant, products=(merchant.products[product],))
        basket = make_basket(
            self._random,
            f"S{self.world.seed}-{self._name}{self._orders:03d}",
            merchant=merchant,
            buyer=buyer or self._random.choice(buyers),
            rates=self.world.rates,
            placed_at=at,
            units=2,
        )
        return Scenario(self._random, basket)


def _turned_down_then_enrolled(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """The merchant applies, is rejected for its papers, applies again for one market, and is enrolled."""
    day = catalogue_scenario.world.day
    note = f"{catalogue_scenario.merchant.merchant_id}: licence of another company"
    yield catalogue_scenario.asks(day(1), "enrol_merchant")
    yield catalogue_scenario.asks(day(2), "reject_merchant", OPERATIONS, reason="licence_unclear", note=note)
    yield catalogue_scenario.asks(day(5), "enrol_merchant", markets=["HK"], terms_version="2")
    yield catalogue_scenario.asks(day(6), "enrol_merchant", OPERATIONS, markets=["HK"], terms_version="2")


def _suspended_then_reinstated(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """While the merchant is suspended it takes no orders; its open order is completed."""
    day = catalogue_scenario.world.day
    yield from catalogue_scenario.joins()
    yield from delivered(catalogue_scenario.order(day(6, hour=9)))
    yield catalogue_scenario.asks(day(8), "suspend_merchant", OPERATIONS, reason="complaints")
    yield placed(catalogue_scenario.order(day(9, hour=4)))
    yield catalogue_scenario.asks(day(12), "reinstate_merchant", OPERATIONS, reason="resolved")
    yield from delivered(catalogue_scenario.order(day(13, hour=4)))


def _withdrawn(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """The merchant leaves: no new orders, and its open order is completed."""
    day = catalogue_scenario.world.day
    yield from catalogue_scenario.joins()
    yield from delivered(catalogue_scenario.order(day(7, hour=2)))
    yield catalogue_scenario.asks(day(8), "withdraw_merchant", reason="strategy_changed")
    yield placed(catalogue_scenario.order(day(10, hour=5)))


def _in_and_out_of_the_pool(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """Reviews by market, both export switches, and an order of a product that has left the pool."""
    yield from catalogue_scenario.joins()
    yield from _by_market(catalogue_scenario)
    yield from _rejected_then_improved(catalogue_scenario)
    yield from _switched(catalogue_scenario)


def _by_market(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """A product is revoked for one market only: the order there is completed, a new one is refused, another market goes
    on.
    """
    day, product = catalogue_scenario.world.day, catalogue_scenario.merchant.products[0]
    yield from delivered(catalogue_scenario.order(day(5, hour=3), market="US", product=0))
    revoked = {"product_id": product.product_id, "markets": ["US"], "reasons": ["labelling"], "criteria_version": "2"}
    yield catalogue_scenario.asks(day(6), "revoke_product", OPERATIONS, **revoked)
    yield placed(catalogue_scenario.order(day(7, hour=3), market="US", product=0))
    yield from delivered(catalogue_scenario.order(day(7, hour=6), market="HK", product=0))


def _rejected_then_improved(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """A new product is rejected, submitted again for two markets, and approved for one of them."""
    day, name = catalogue_scenario.world.day, {"product_id": f"P-{catalogue_scenario.merchant.merchant_id}-new"}
    submitted = {**name, "category_id": "beauty"}
    yield catalogue_scenario.asks(day(8), "submit_product", **submitted)
    reasons = {"reasons": ["ingredients_missing"], "note": "Asked for the full list"}
    yield catalogue_scenario.asks(day(9), "reject_product", OPERATIONS, **name, **reasons)
    yield catalogue_scenario.asks(day(10), "submit_product", **submitted, markets=["HK", "MO"])
    yield catalogue_scenario.asks(day(11), "approve_product", OPERATIONS, **name, markets=["HK"], criteria_version="2")


def _switched(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """An explicit "off" wins over the automatic switch; "on" cancels it; without the automatic switch, "on"
    is needed.
    """
    day, switched = catalogue_scenario.world.day, {"product_id": catalogue_scenario.merchant.products[1].product_id}
    yield from delivered(catalogue_scenario.order(day(11, hour=6), market="US", product=1))
    yield catalogue_scenario.asks(day(12), "set_export_status", **switched, enabled=False)
    yield placed(catalogue_scenario.order(day(13, hour=2), market="US", product=1))
    yield catalogue_scenario.asks(day(14), "set_export_status", **switched, enabled=True)
    yield from delivered(catalogue_scenario.order(day(15, hour=2), market="US", product=1))
    by_hand = {"product_id": f"P-{catalogue_scenario.merchant.merchant_id}-manual"}
    yield catalogue_scenario.asks(day(15), "set_auto_export", enabled=False)
    yield catalogue_scenario.asks(day(16), "submit_product", **by_hand, category_id="home")
    yield catalogue_scenario.asks(day(17), "approve_product", OPERATIONS, **by_hand)
    yield catalogue_scenario.asks(day(18), "set_auto_export", enabled=True)
    yield catalogue_scenario.asks(day(19), "set_export_status", **by_hand, enabled=True)
