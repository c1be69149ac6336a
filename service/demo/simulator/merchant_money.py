"""Simulates merchants' money beside sales: a debt written off, a hold, adjustments, and a changed account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from service.demo.simulator.catalogue_life import CatalogueScenario
from service.demo.simulator.scenarios.order_steps import asks_back, paid_back
from service.demo.simulator.scenarios.scenarios import delivered
from service.demo.simulator.step import FINANCE, SERVICE_DESK, Step, by_two
from service.demo.simulator.world import World

DEBTOR, MOVER = 4, 5  # indexes of the world's guests
_A_MINUTE, _ONE_DAY = timedelta(minutes=1), timedelta(days=1)


def merchant_money_steps(world: World) -> Iterator[Step]:
    yield from _owing(CatalogueScenario(world, DEBTOR))
    yield from _with_a_hold(CatalogueScenario(world, MOVER))
    yield from _adjusted(CatalogueScenario(world, MOVER), world)


def _owing(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """The merchant's only order is returned after the payout. A part of the debt is written off, because no release
    will cover it.
    """
    day, order = catalogue_scenario.world.day, catalogue_scenario.order(catalogue_scenario.world.day(1, hour=4))
    yield from catalogue_scenario.joins()
    yield from delivered(order)
    requested_at = day(41)
    yield from asks_back(order, requested_at, reason="broken", lines=order.a_unit())
    approval = {"refund_id": order.refund_id, "round": 1, "liability": "merchant"}
    yield order.asks(requested_at + _ONE_DAY, "approve_refund", SERVICE_DESK, **approval)
    yield from paid_back(order, requested_at + _ONE_DAY, order.refund_id, order.basket.back_with(order.one_unit[1]))
    for n, amount, answer in ((1, "CNY 20.00", "reject_proposal"), (2, "CNY 12.00", "approve_proposal")):
        debt = {"merchant_id": catalogue_scenario.merchant.merchant_id, "amount": amount}
        yield from by_two(
            day(45 + n),
            f"sim{catalogue_scenario.world.seed}.write_off.{n}",
            "write_off_merchant_debt",
            debt,
            reason="left_the_market",
            note="No answer since the return",
            answer=answer,
            after=timedelta(hours=5),
        )


def _with_a_hold(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """A part of the first sale is put on hold and freed; the merchant changes its bank and switches Express
    Refund off.
    """
    day, order = catalogue_scenario.world.day, catalogue_scenario.order(catalogue_scenario.world.day(1, hour=5))
    yield from catalogue_scenario.joins()
    reported = list(delivered(order))
    yield from reported
    yield from _held(catalogue_scenario, order.order_id, reported[-1].at + _A_MINUTE)
    yield from delivered(catalogue_scenario.order(day(20, hour=3)))
    yield catalogue_scenario.asks(day(22), "set_express_refund", enabled=not catalogue_scenario.merchant.express)
    yield catalogue_scenario.asks(day(23), "set_express_refund", enabled=catalogue_scenario.merchant.express)
    yield from _moves(catalogue_scenario)


def _held(catalogue_scenario: CatalogueScenario, order_id: str, released_at: datetime) -> Iterator[Step]:
    hold = {"hold_id": f"H-{catalogue_scenario.world.seed}-1"}
    held = {**hold, "amount": "CNY 10.00", "reason": "authenticity_check", "order_id": order_id}
    yield catalogue_scenario.asks(released_at, "hold_settlement", FINANCE, **held)
    yield catalogue_scenario.asks(released_at + 9 * _ONE_DAY, "release_hold", FINANCE, **hold, amount="CNY 4.00")


def _moves(catalogue_scenario: CatalogueScenario) -> Iterator[Step]:
    """An account abroad is refused; the merchant may not verify its own account; then two people change it."""
    day = catalogue_scenario.world.day
    abroad = {"account_ref": f"acct-{catalogue_scenario.merchant.merchant_id}-hk"}
    yield catalogue_scenario.asks(
        day(24), "register_payout_account", **abroad, bank_code="HSBC", country="HK", currency="HKD"
    )
    yield catalogue_scenario.asks(day(24, hour=4), "verify_payout_account", FINANCE, **abroad)
    new = {"account_ref": f"acct-{catalogue_scenario.merchant.merchant_id}-2"}
    yield catalogue_scenario.asks(day(25), "register_payout_account", **new, bank_code="BOC")
    yield catalogue_scenario.asks(day(25, hour=4), "verify_payout_account", FINANCE, **new)
    old = {"account_ref": f"acct-{catalogue_scenario.merchant.merchant_id}", "reason": "account_changed"}
    yield catalogue_scenario.asks(day(25, hour=5), "disable_payout_account", FINANCE, **old)


def _adjusted(catalogue_scenario: CatalogueScenario, world: World) -> Iterator[Step]:
    """Goodwill to a merchant and a bank's charge are approved by a second person, not by the first; one adjustment is
    rejected.
    """
    goodwill = (_debit("5160", "CNY 20.00"), _credit("2120", "CNY 20.00"))
    bank_cost = (_debit("5130", "CNY 3.00"), _credit("1010", "CNY 3.00"))
    merchant = {"merchant_id": catalogue_scenario.merchant.merchant_id}
    reported: tuple[tuple[str, Any, dict[str, str], str], ...] = (
        ("goodwill", goodwill, merchant, "approve_proposal"),
        ("bank_charge", bank_cost, {}, "approve_proposal"),
        ("typing_error", bank_cost, {}, "reject_proposal"),
    )
    for n, (reason, lines, whose, answer) in enumerate(reported, 1):
        data = {"adjustment_id": f"A-{world.seed}-{n}", **whose, "lines": lines, "evidence": [f"ticket {n}"]}
        at, id = world.day(26, hour=n), f"sim{world.seed}.adjustment.{n}"
        proposed, answered = by_two(at, id, "post_adjustment", data, reason=reason, answer=answer, after=2 * _A_MINUTE)
        yield proposed
        yield Step(at + _A_MINUTE, f"{id}.alone", "approve_proposal", FINANCE, answered.data)
        yield answered


def _debit(account: str, amount: str) -> dict[str, str]:
    return {"account": account, "side": "debit", "amount": amount}


def _credit(account: str, amount: str) -> dict[str, str]:
    return {"account": account, "side": "credit", "amount": amount}
