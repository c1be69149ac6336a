"""What the platform and the bank do besides the orders: rates, enrolments, reviews, weekly payouts, stray money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

from ledger.money import Money
from ledger.who import Actor
from service.simulator.catalogue import Merchant
from service.simulator.rates import PROVIDER as RATE_PROVIDER
from service.simulator.step import BANK, FINANCE, OPERATIONS, PROVIDER, SYSTEM, Step
from service.simulator.world import RATE_DAYS, World

_WEEKS_OF_PAYOUTS = 9


def platform_steps(world: World, *, days: int) -> Iterator[Step]:
    """Everything that no single order tells."""
    yield from _rates(world)
    for merchant in world.merchants:
        yield from _merchant(world, merchant)
        yield from _payouts(world, merchant)
    yield from _stray_payments(world, days)


def _rates(world: World) -> Iterator[Step]:
    for offset in range(RATE_DAYS):
        day = world.first_day + timedelta(days=offset)
        opening = datetime.combine(day, time(), UTC) - timedelta(hours=8)  # midnight in Shanghai
        for currency in ("USD", "HKD"):
            for kind in ("book", "reference"):
                rate = {"pair": f"{currency}/CNY", "rate": world.rates.book[currency, day], "kind": kind}
                step_id = f"sim{world.seed}.rate.{currency}.{kind}.{day}"
                data = {**rate, "provider": RATE_PROVIDER, "as_of": day}
                yield Step(opening, step_id, "record_fx_rate", SYSTEM, data)


def _merchant(world: World, merchant: Merchant) -> Iterator[Step]:
    owner = Actor(kind="merchant", id=merchant.merchant_id, role="merchant")
    at = datetime.combine(world.first_day, time(), UTC) - timedelta(days=3)
    prefix = f"sim{world.seed}.{merchant.merchant_id}"
    name = {"merchant_id": merchant.merchant_id}
    account = {**name, "account_ref": f"acct-{merchant.merchant_id}"}
    yield Step(at, f"{prefix}.a-enrol", "enrol_merchant", OPERATIONS, name)
    yield Step(at, f"{prefix}.b-account", "register_payout_account", owner, {**account, "bank_code": "ICBC"})
    yield Step(at, f"{prefix}.c-verified", "verify_payout_account", FINANCE, account)
    yield Step(at, f"{prefix}.d-auto", "set_auto_export", owner, {**name, "enabled": True})
    if merchant.express:
        yield Step(at, f"{prefix}.e-express", "set_express_refund", owner, {**name, "enabled": True})
    for product in merchant.products:
        which = {**name, "product_id": product.product_id}
        product_prefix = f"{prefix}.f-{product.product_id}"
        submitted = {**which, "category_id": product.category_id}
        yield Step(at, f"{product_prefix}.1", "submit_product", owner, submitted)
        yield Step(at, f"{product_prefix}.2", "approve_product", OPERATIONS, which)


def _payouts(world: World, merchant: Merchant) -> Iterator[Step]:
    """Every Tuesday what is available is paid; the bank says so two days later. One account is closed meanwhile."""
    first = datetime.combine(world.first_day, time(2), UTC) + timedelta(days=14)
    for week in range(_WEEKS_OF_PAYOUTS):
        at = first + timedelta(weeks=week)
        payout_id = f"PO-{world.seed}-{merchant.merchant_id}-{week + 1}"
        names = {"merchant_id": merchant.merchant_id, "payout_id": payout_id}
        asked = Step(at, f"sim.{payout_id}.1", "initiate_payout", FINANCE, names)
        yield asked
        closed = week == 1 and merchant is world.merchants[0]
        answer = "report_payout_failed" if closed else "report_payout_paid"
        told = {**names, "bank_ref": f"bk-{payout_id}"} | ({"code": "account_closed"} if closed else {})
        answered_at = at + timedelta(days=2)
        yield Step(answered_at, f"sim.{payout_id}.2", answer, BANK, told, is_report=True, only_after=asked.id)


def _stray_payments(world: World, days: int) -> Iterator[Step]:
    """Money that names no order: it waits in the inbox."""
    for number in range(1, 4):
        at = datetime.combine(world.first_day, time(9, 30), UTC) + timedelta(days=days * number // 4)
        data = {
            "psp": "simpay",
            "capture_ref": f"ch_stray_{world.seed}_{number}",
            "amount": Money.of(f"{20 + number}.50", "USD"),
            "refs": {"statement": f"SIMPAY-{number}"},
        }
        yield Step(at, f"sim{world.seed}.stray.{number}", "note_unrouted_payment", PROVIDER, data, is_report=True)
