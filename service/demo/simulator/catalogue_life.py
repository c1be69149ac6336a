"""Merchants that are turned down, suspended or leave; products that come into the export pool and go out of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

from service.demo.simulator.basket import make_basket
from service.demo.simulator.merchants import joins
from service.demo.simulator.people import Buyer
from service.demo.simulator.scenarios.order_steps import Story, placed
from service.demo.simulator.scenarios.scenarios import delivered
from service.demo.simulator.step import OPERATIONS, Step
from service.demo.simulator.world import World

APPLICANT, SUSPENDED, LEAVER, CURATOR = 0, 1, 2, 3  # among the world's guests
_A_MINUTE = timedelta(minutes=1)


def catalogue_steps(world: World) -> Iterator[Step]:
    """What happens to four merchants and their products."""
    yield from _turned_down_then_enrolled(Diary(world, APPLICANT))
    yield from _suspended_then_reinstated(Diary(world, SUSPENDED))
    yield from _withdrawn(Diary(world, LEAVER))
    yield from _in_and_out_of_the_pool(Diary(world, CURATOR))


class Diary:
    """Writes the steps of one of the guests; ids follow from the merchant. Another `book` names other orders."""

    def __init__(self, world: World, guest: int, *, book: int = 0) -> None:
        self.world, self.merchant = world, world.guests[guest]
        self._name, self._told, self._orders = f"9{book}{guest}", 0, 0
        self._random = Random(f"guest {world.seed} {self._name}")

    def asks(self, at: datetime, command: str, actor: Any = None, **data: Any) -> Step:
        """What the merchant does, or somebody else."""
        self._told += 1
        named = {"merchant_id": self.merchant.merchant_id, **data}
        step_id = f"sim{self.world.seed}.{self.merchant.merchant_id}.g{self._told:02d}"
        return Step(at, step_id, command, actor or self.merchant.owner, named)

    def joins(self) -> Iterator[Step]:
        return joins(self.world, self.merchant)

    def order(
        self, at: datetime, *, market: str = "US", product: int | None = None, buyer: Buyer | None = None
    ) -> Story:
        """An order of this merchant, of one of its products if one is named."""
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
        return Story(self._random, basket)


def _turned_down_then_enrolled(diary: Diary) -> Iterator[Step]:
    """It asks, is turned down for its papers, asks again for one market, and is taken."""
    day = diary.world.day
    note = f"{diary.merchant.merchant_id}: licence of another company"
    yield diary.asks(day(1), "enrol_merchant")
    yield diary.asks(day(2), "reject_merchant", OPERATIONS, reason="licence_unclear", note=note)
    yield diary.asks(day(5), "enrol_merchant", markets=["HK"], terms_version="2")
    yield diary.asks(day(6), "enrol_merchant", OPERATIONS, markets=["HK"], terms_version="2")


def _suspended_then_reinstated(diary: Diary) -> Iterator[Step]:
    """While it is suspended it takes no orders, and the one it has runs off."""
    day = diary.world.day
    yield from diary.joins()
    yield from delivered(diary.order(day(6, hour=9)))
    yield diary.asks(day(8), "suspend_merchant", OPERATIONS, reason="complaints")
    yield placed(diary.order(day(9, hour=4)))
    yield diary.asks(day(12), "reinstate_merchant", OPERATIONS, reason="resolved")
    yield from delivered(diary.order(day(13, hour=4)))


def _withdrawn(diary: Diary) -> Iterator[Step]:
    """It leaves: no new orders, and the one it has runs off."""
    day = diary.world.day
    yield from diary.joins()
    yield from delivered(diary.order(day(7, hour=2)))
    yield diary.asks(day(8), "withdraw_merchant", reason="strategy_changed")
    yield placed(diary.order(day(10, hour=5)))


def _in_and_out_of_the_pool(diary: Diary) -> Iterator[Step]:
    """Reviews by market, both switches, and an order of what has left the pool since."""
    yield from diary.joins()
    yield from _by_market(diary)
    yield from _rejected_then_improved(diary)
    yield from _switched(diary)


def _by_market(diary: Diary) -> Iterator[Step]:
    """Revoked for one market only: its order there runs off, a new one is refused, another market goes on."""
    day, product = diary.world.day, diary.merchant.products[0]
    yield from delivered(diary.order(day(5, hour=3), market="US", product=0))
    revoked = {"product_id": product.product_id, "markets": ["US"], "reasons": ["labelling"], "criteria_version": "2"}
    yield diary.asks(day(6), "revoke_product", OPERATIONS, **revoked)
    yield placed(diary.order(day(7, hour=3), market="US", product=0))
    yield from delivered(diary.order(day(7, hour=6), market="HK", product=0))


def _rejected_then_improved(diary: Diary) -> Iterator[Step]:
    """A new product is rejected, submitted anew for two markets, and approved in one of them."""
    day, name = diary.world.day, {"product_id": f"P-{diary.merchant.merchant_id}-new"}
    submitted = {**name, "category_id": "beauty"}
    yield diary.asks(day(8), "submit_product", **submitted)
    reasons = {"reasons": ["ingredients_missing"], "note": "Asked for the full list"}
    yield diary.asks(day(9), "reject_product", OPERATIONS, **name, **reasons)
    yield diary.asks(day(10), "submit_product", **submitted, markets=["HK", "MO"])
    yield diary.asks(day(11), "approve_product", OPERATIONS, **name, markets=["HK"], criteria_version="2")


def _switched(diary: Diary) -> Iterator[Step]:
    """Explicit off wins over the automatic switch; on brings it back; without the automatic switch, on is needed."""
    day, switched = diary.world.day, {"product_id": diary.merchant.products[1].product_id}
    yield from delivered(diary.order(day(11, hour=6), market="US", product=1))
    yield diary.asks(day(12), "set_export_status", **switched, enabled=False)
    yield placed(diary.order(day(13, hour=2), market="US", product=1))
    yield diary.asks(day(14), "set_export_status", **switched, enabled=True)
    yield from delivered(diary.order(day(15, hour=2), market="US", product=1))
    by_hand = {"product_id": f"P-{diary.merchant.merchant_id}-manual"}
    yield diary.asks(day(15), "set_auto_export", enabled=False)
    yield diary.asks(day(16), "submit_product", **by_hand, category_id="home")
    yield diary.asks(day(17), "approve_product", OPERATIONS, **by_hand)
    yield diary.asks(day(18), "set_auto_export", enabled=True)
    yield diary.asks(day(19), "set_export_status", **by_hand, enabled=True)
