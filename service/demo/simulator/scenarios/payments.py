"""Scenarios of payments: partial captures, expired authorisations, and captures that fail, repeat, come late or have no
order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime, timedelta

from ledger.money import Money
from service.demo.simulator.scenarios.order_steps import (
    Scenario,
    authorised,
    captured,
    paid_back,
    payment,
    placed,
    placed_and_paid,
    refund_outcome,
)
from service.demo.simulator.scenarios.scenarios import cancelled_unpaid, expired
from service.demo.simulator.scenarios.shipments import all_sent, sent_and_released
from service.demo.simulator.step import FINANCE, PROVIDER, SYSTEM, Step

_A_MINUTE, _AN_HOUR, _ONE_DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def captured_in_parts(scenario: Scenario) -> Iterator[Step]:
    """Authorised at the checkout, and captured in two parts as the merchant confirms them."""
    at, total = scenario.basket.placed_at, scenario.basket.total
    yield placed(scenario)
    about = {**payment(scenario), "amount": total}
    yield scenario.reports(at + _A_MINUTE, "report_payment_initiated", PROVIDER, **about)
    yield authorised(scenario, at + 2 * _A_MINUTE)
    first = Money(total.minor // 3, total.currency)
    for n, amount in enumerate((first, total - first), 1):
        requested_at = at + n * 2 * _AN_HOUR
        asked = {"payment_id": scenario.payment_id, "amount": amount, "request_id": f"cap-{scenario.order_id}-{n}"}
        yield scenario.asks(requested_at, "capture_payment", SYSTEM, **asked)
        yield captured(scenario, requested_at + _AN_HOUR, n=n, amount=amount)
    yield from sent_and_released(scenario, at + 5 * _AN_HOUR, "1", scenario.basket.quantities)


def paid_in_two_payments(scenario: Scenario) -> Iterator[Step]:
    """A gift card and a bank card pay for one order."""
    at, total = scenario.basket.placed_at, scenario.basket.total
    gift = Money(total.minor // 4, total.currency)
    yield placed(scenario)
    yield captured(scenario, at + _A_MINUTE, amount=gift, payment_id=f"gift_{scenario.order_id}")
    yield captured(scenario, at + 3 * _A_MINUTE, n=2, amount=total - gift)
    yield from sent_and_released(scenario, at, "1", scenario.basket.quantities)


def voided(scenario: Scenario) -> Iterator[Step]:
    """The buyer cancels while the money is only authorised, and the authorisation is voided."""
    at = scenario.basket.placed_at
    yield placed(scenario)
    yield authorised(scenario, at + 2 * _A_MINUTE)
    yield scenario.asks(at + 2 * _AN_HOUR, "cancel_order", scenario.buyer, reason="changed_mind")
    void = {"payment_id": scenario.payment_id, "reason": "order_cancelled"}
    yield scenario.asks(at + 3 * _AN_HOUR, "void_payment", SYSTEM, **void)
    reported = {**payment(scenario), "amount": scenario.basket.total}
    yield scenario.reports(at + 4 * _AN_HOUR, "report_payment_voided", PROVIDER, **reported)


def captured_after_the_hold_lapsed(scenario: Scenario) -> Iterator[Step]:
    """The authorisation expires, the order expires, and the provider captures all the same: set aside, with a break,
    and refunded.
    """
    at = scenario.basket.placed_at
    yield placed(scenario)
    yield authorised(scenario, at + 2 * _A_MINUTE, days=2)
    reported = {**payment(scenario), "amount": scenario.basket.total}
    yield scenario.reports(at + 2 * _ONE_DAY + _AN_HOUR, "report_authorisation_expired", SYSTEM, **reported)
    yield expired(scenario)
    captured_at = at + 3 * _ONE_DAY + 2 * _AN_HOUR
    yield captured(scenario, captured_at)
    yield from given_back(scenario, captured_at + _ONE_DAY, "authorization_expired")


def captured_after_cancelling(scenario: Scenario) -> Iterator[Step]:
    """The buyer cancels, and pays in another browser window."""
    yield from cancelled_unpaid(scenario)
    at = scenario.basket.placed_at + 6 * _AN_HOUR
    yield captured(scenario, at)
    yield from given_back(scenario, at + _ONE_DAY, "order_cancelled")


def captured_for_no_order(scenario: Scenario) -> Iterator[Step]:
    """The provider names an order that never comes."""
    at = scenario.basket.placed_at
    yield captured(scenario, at)
    flag = {"capture_ref": scenario.capture_ref}
    yield scenario.asks(at + _AN_HOUR, "flag_unallocated_capture", SYSTEM, **flag)
    yield from given_back(scenario, at + 3 * _ONE_DAY, "no_order")


def captured_twice(scenario: Scenario) -> Iterator[Step]:
    """The buyer pays twice, and gets the second capture back."""
    paid_at = yield from placed_and_paid(scenario)
    yield captured(scenario, paid_at + 4 * _A_MINUTE, n=2)
    at = paid_at + _ONE_DAY
    approval = {"refund_id": f"DU-{scenario.order_id}", "capture_ref": f"{scenario.capture_ref}_2"}
    yield scenario.asks(at, "approve_duplicate_capture_refund", FINANCE, **approval)
    yield from paid_back(scenario, at, f"DU-{scenario.order_id}", scenario.basket.total)
    yield from sent_and_released(scenario, paid_at, "1", scenario.basket.quantities)


def capture_failed_before_dispatch(scenario: Scenario) -> Iterator[Step]:
    """The capture fails afterwards; the buyer pays again, and the order goes on."""
    paid_at = yield from placed_and_paid(scenario)
    yield _failed(scenario, paid_at + 2 * _AN_HOUR)
    yield captured(scenario, paid_at + 6 * _AN_HOUR, n=2, payment_id=f"again_{scenario.order_id}")
    yield from sent_and_released(scenario, paid_at + 6 * _AN_HOUR, "1", scenario.basket.quantities)


def capture_failed_after_dispatch(scenario: Scenario) -> Iterator[Step]:
    """The capture fails after dispatch: the platform bears it, and a break is opened."""
    paid_at = yield from placed_and_paid(scenario)
    yield from all_sent(scenario, paid_at)
    yield _failed(scenario, paid_at + 4 * _ONE_DAY)


def capture_failed_while_a_refund_was_on_its_way(scenario: Scenario) -> Iterator[Step]:
    """The refund fails after the capture has failed, so that nothing is owed; then the provider reports it paid after
    all.
    """
    paid_at = yield from placed_and_paid(scenario)
    at = paid_at + 5 * _AN_HOUR
    yield scenario.asks(at, "cancel_order", scenario.merchant, reason="out_of_stock", refund_id=scenario.refund_id)
    yield scenario.asks(at + _AN_HOUR, "submit_refund", SYSTEM, refund_id=scenario.refund_id)
    yield _failed(scenario, at + _ONE_DAY)
    for days, said in ((2, "failed"), (4, "succeeded")):
        yield refund_outcome(scenario, at + days * _ONE_DAY, scenario.refund_id, scenario.basket.total, said)


def captured_in_a_currency_without_a_rate(scenario: Scenario) -> Iterator[Step]:
    """The provider reports euros, for which there is no rate, and corrects the report."""
    at = scenario.basket.placed_at
    yield placed(scenario)
    yield captured(scenario, at + 2 * _A_MINUTE, n=9, amount=Money(scenario.basket.total.minor, "EUR"))
    yield captured(scenario, at + _AN_HOUR)
    yield from sent_and_released(scenario, at, "1", scenario.basket.quantities)


def captured_at_another_amount(scenario: Scenario) -> Iterator[Step]:
    """The same capture is reported again, one cent higher."""
    paid_at = yield from placed_and_paid(scenario)
    yield captured(
        scenario, paid_at + _AN_HOUR, amount=scenario.basket.total + Money(1, scenario.basket.total.currency)
    )
    yield from sent_and_released(scenario, paid_at, "1", scenario.basket.quantities)


def refunded_twice_by_the_provider(scenario: Scenario) -> Iterator[Step]:
    """The provider pays a refund, and pays it again under another reference."""
    paid_at = yield from placed_and_paid(scenario)
    at = paid_at + 5 * _AN_HOUR
    cancel = {"reason": "out_of_stock", "refund_id": scenario.refund_id}
    yield scenario.asks(at, "cancel_order", scenario.merchant, **cancel)
    refunded_at = yield from paid_back(scenario, at, scenario.refund_id, scenario.basket.total)
    again = refund_outcome(scenario, refunded_at + _ONE_DAY, scenario.refund_id, scenario.basket.total, "succeeded")
    again.data["psp_refund_ref"] += "_again"
    yield again
    yield refund_outcome(scenario, refunded_at + _AN_HOUR, scenario.refund_id, scenario.basket.total, "succeeded")


def _failed(scenario: Scenario, at: datetime) -> Step:
    reported = {"capture_ref": scenario.capture_ref, "amount": scenario.basket.total, "code": "capture_failed"}
    return scenario.reports(at, "report_payment_failed", PROVIDER, **payment(scenario), **reported)


def given_back(
    scenario: Scenario, at: datetime, reason: str, amount: Money | None = None
) -> Generator[Step, None, None]:
    """Money that pays for nothing is refunded to the buyer: the whole capture by default."""
    asked = {"refund_id": scenario.refund_id, "capture_ref": scenario.capture_ref, "reason": reason}
    yield scenario.asks(at, "refund_buyer_funds", FINANCE, **asked)
    yield from paid_back(scenario, at, scenario.refund_id, amount or scenario.basket.total)
