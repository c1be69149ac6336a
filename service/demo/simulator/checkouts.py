"""Simulates captures of a whole checkout, and captures of no order: both are unmatched until a person decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from commands.unmatched.match_payment import Part
from ledger.money import Money
from service.app import App
from service.demo.simulator.catalogue_life import CatalogueScenario
from service.demo.simulator.merchants import joins
from service.demo.simulator.providers import Owed
from service.demo.simulator.scenarios.order_steps import PSP, Scenario, placed
from service.demo.simulator.scenarios.shipments import sent_and_released
from service.demo.simulator.step import CARRIER, FINANCE, PROVIDER, SYSTEM, Act, Step
from service.demo.simulator.world import World
from service.unmatched.payment_matches import PaymentMatcher

_FIRST, _SECOND = 5, 6  # indexes of the world's guests
_DAY = 4
_OUTCOME = "report_unmatched_refund_outcome"
_UNMATCHED = 5  # number of captures that name no order
_PAID_BACK, _PAID_BACK_AGAIN, _UNASKED = "re_unmatched_1", "re_unmatched_2", "re_unmatched_3"


def checkout_steps(world: World) -> Iterator[Step]:
    """Yields one checkout with two merchants and one capture, and captures of no order."""
    yield from joins(world, world.guests[_SECOND])
    scenarios, checkout = _scenarios(world), f"CO-{world.seed}-shared"
    for scenario in scenarios:
        yield placed(scenario, checkout_id=checkout)
    total = sum((scenario.basket.total for scenario in scenarios), Money(0, "USD"))
    about = {"psp": PSP, "capture_ref": _shared(world), "amount": total, "refs": {"checkout": checkout}}
    yield _noted(world, 0, about)
    yield _heard_of(world, scenarios[0])
    yield from _sent_together(world, scenarios)
    yield from _unmatched(world)


def _sent_together(world: World, scenarios: Sequence[Scenario]) -> Iterator[Step]:
    """Yields the parcels of one buyer with one shared label and declaration. Retail export requires one for each order,
    and a scan of the label does not say which parcel it is.
    """
    label, declaration = {"tracking_no": f"SP{world.seed}-SHARED-CN"}, {"declaration_no": f"5177{world.seed:0>10}"}
    seen_at = world.day(_DAY + 4)
    for scenario in scenarios:
        for step in sent_and_released(scenario, world.day(_DAY, hour=9), "1", scenario.basket.quantities):
            shared = {name: value for name, value in (label | declaration).items() if name in step.data}
            seen_at = max(seen_at, step.at) if "declaration_no" in shared else seen_at
            yield replace(step, data=step.data | shared)
    body = {"milestone": "noted", "raw_code": "EMD", "location": "Los Angeles"}
    scan = {"system": CARRIER.id, "reference": f"shared-{world.seed}", "kind": "tracking", "refs": label, "body": body}
    reported_at, name = seen_at + timedelta(days=2), f"sim{world.seed}.shared-scan"
    yield Step(reported_at, name, "report_unmatched_fact", CARRIER, scan, is_report=True)
    for scenario in scenarios:
        flag = {"parcel_ids": [scenario.parcel_id], "mismatch": "shared_declaration", **declaration}
        yield scenario.asks(reported_at + timedelta(hours=1), "flag_customs_tie", SYSTEM, **flag)
        yield scenario.asks(reported_at + timedelta(hours=1), "flag_shared_number", SYSTEM, **label)


def checkout_acts(world: World) -> Iterator[Act]:
    """Yields the matching: finance reads the checkout's id in the capture, matches all of it with the first order,
    which knows only its own part, and then splits it over both.
    """
    yield Act(world.day(_DAY, hour=6), f"sim{world.seed}.routing", partial(_match, world))


def shared_captures(world: World) -> Iterator[Owed]:
    """Yields what the provider owes for the checkout, by order."""
    for scenario in _scenarios(world):
        order = scenario.basket.merchant.merchant_id, scenario.order_id
        yield Owed(world.day(_DAY, hour=1), order, "charge", _shared(world), scenario.basket.total)


def unmatched_money(world: World) -> Iterator[Owed]:
    """Yields what the provider pays and takes back for captures that were refunded, failed or came late."""
    given_back, none = _name(world, 1), _name(world, 3)
    yield Owed(world.day(9, hour=1), (given_back,), "charge", given_back, _amount(1))
    yield Owed(world.day(12), (given_back,), "refund", _PAID_BACK, -_amount(1))
    yield Owed(world.day(23), (given_back,), "refund", _PAID_BACK, _amount(1))
    yield Owed(world.day(24), (given_back,), "refund", _PAID_BACK_AGAIN, -_amount(1))
    yield Owed(world.day(19, hour=1), (none,), "charge", none, _amount(3))
    yield Owed(world.day(22), (none,), "charge", none, -_amount(3))
    settled_first = _name(world, 5)
    yield Owed(world.day(5, hour=2), (settled_first,), "charge", settled_first, _amount(5))
    muddled = _name(world, 4)
    yield Owed(world.day(24, hour=1), (muddled,), "charge", muddled, _amount(4))
    yield Owed(world.day(26), (muddled,), "charge", muddled, -_amount(4))
    yield Owed(world.day(28), (muddled,), "refund", f"RF-muddle-{world.seed}", -_amount(4))


def _match(world: World, app: App) -> Iterable[Step]:
    parts = [
        Part(merchant_id=scenario.basket.merchant.merchant_id, order_id=scenario.order_id, amount=scenario.basket.total)
        for scenario in _scenarios(world)
    ]
    matcher = PaymentMatcher(app.ledger, app.bus)
    whole = [parts[0].model_copy(update={"amount": None})]
    for planned, name in ((whole, "whole"), (parts, "routing")):
        matcher.match(PSP, _shared(world), planned, actor=FINANCE, id=f"sim{world.seed}.{name}")
    return ()


def _scenarios(world: World) -> list[Scenario]:
    """Returns one order of each of the two merchants, of the same buyer."""
    first, second = (CatalogueScenario(world, guest, book=1) for guest in (_FIRST, _SECOND))
    at = world.day(_DAY)
    bought = first.order(at)
    return [bought, second.order(at, buyer=bought.basket.buyer)]


def _heard_of(world: World, scenario: Scenario) -> Step:
    """Returns the provider's report of the first order's part of the capture."""
    reported = {"payment_id": f"pay_{_shared(world)}", "psp": PSP, "capture_ref": _shared(world)}
    return scenario.reports(
        world.day(_DAY, hour=5), "report_payment_captured", PROVIDER, **reported, amount=scenario.basket.total
    )


def _shared(world: World) -> str:
    return f"ch_shared_{world.seed}"


def _muddled(world: World) -> Iterator[Step]:
    about, prefix = {"psp": PSP, "capture_ref": _name(world, 4)}, f"sim{world.seed}.muddle"
    refund = about | {"refund_id": f"RF-muddle-{world.seed}"}
    asked, amount = refund | {"reason": "payer_unknown"}, {"amount": _amount(4)}
    yield Step(world.day(25), f"{prefix}.1", "refund_unmatched_funds", FINANCE, asked)
    unpaid, paid = {"outcome": "failed", "code": "card_closed"}, {"outcome": "succeeded"}
    for day, what, said in (
        (26, "report_unmatched_capture_failed", about | amount | {"code": "nsf"}),
        (27, _OUTCOME, refund | amount | unpaid),
        (28, _OUTCOME, refund | amount | paid),
        (29, _OUTCOME, refund | amount | paid),
    ):
        yield Step(world.day(day), f"{prefix}.{day}", what, PROVIDER, said, is_report=True)


def _unmatched(world: World) -> Iterator[Step]:
    """Yields five unmatched captures. The first is refunded at the second attempt, returned and refunded again. For the
    second, the provider reports a refund that nobody requested. The third fails later. The fourth fails while its
    refund is under way; the refund fails too, and is paid after all. The fifth is settled weeks before it is reported.
    """
    for number in range(1, _UNMATCHED + 1):
        about = {"psp": PSP, "capture_ref": _name(world, number), "amount": _amount(number)}
        yield _noted(world, number, about | {"refs": {"statement": f"SIMPAY-{number}"}})
    refund = {"psp": PSP, "capture_ref": _name(world, 1), "refund_id": f"RF-unmatched-{world.seed}"}
    asked = {**refund, "reason": "payer_unknown"}
    prefix, at = f"sim{world.seed}.unmatched-refund", world.day(10, hour=3)
    yield Step(at, f"{prefix}.1", "refund_unmatched_funds", FINANCE, asked)
    failed = {**refund, "amount": _amount(1), "outcome": "failed", "code": "card_closed"}
    yield Step(world.day(11), f"{prefix}.4", _OUTCOME, PROVIDER, failed, is_report=True)
    yield Step(world.day(11, hour=3), f"{prefix}.5", "submit_unmatched_refund", FINANCE, refund)
    undone = {"psp": PSP, "capture_ref": _name(world, 3), "amount": _amount(3), "code": "nsf"}
    yield Step(world.day(22), f"{prefix}.6", "report_unmatched_capture_failed", PROVIDER, undone, is_report=True)
    paid = {**refund, "psp_refund_ref": _PAID_BACK, "amount": _amount(1), "outcome": "succeeded"}
    yield Step(world.day(12), f"{prefix}.2", _OUTCOME, PROVIDER, paid, is_report=True)
    back = {**paid, "outcome": "reversed", "code": "returned_by_bank"}
    yield Step(world.day(23), f"{prefix}.7", _OUTCOME, PROVIDER, back, is_report=True)
    yield Step(world.day(23, hour=3), f"{prefix}.8", "submit_unmatched_refund", FINANCE, refund)
    again = paid | {"psp_refund_ref": _PAID_BACK_AGAIN}
    yield Step(world.day(24), f"{prefix}.9", _OUTCOME, PROVIDER, again, is_report=True)
    yield from _muddled(world)
    unknown = paid | {"capture_ref": _name(world, 2), "amount": _amount(2), "psp_refund_ref": _UNASKED}
    del unknown["refund_id"]
    yield Step(world.day(22), f"{prefix}.3", _OUTCOME, PROVIDER, unknown, is_report=True)


def _noted(world: World, number: int, about: dict[str, object]) -> Step:
    at = world.day(_DAY + 5 * number, hour=1)
    return Step(at, f"sim{world.seed}.unmatched.{number}", "report_unmatched_payment", PROVIDER, about, is_report=True)


def _amount(number: int) -> Money:
    return Money.of(f"{20 + number}.50", "USD")


def _name(world: World, number: int) -> str:
    return f"ch_unmatched_{world.seed}_{number}"
