"""What commands and reports about an order have in common: its names, and the facts that contradict it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime

from commands.breaks import break_once
from commands.command import Command, Report
from commands.recording import accounting_day
from commands.rules import Rules
from ledger.deadlines import day_later
from ledger.events.event import Event
from ledger.events.order import OrderConfirmed, OrderPlaced
from ledger.fx import Rate
from ledger.ids import Id, order_stream
from ledger.money import Money, total
from ledger.payment_refusals import RateMissing, RateStale
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals import CaseAlreadyOpen, LineNotFound, OrderNotConfirmed, PolicyNotEffective
from ledger.streams.allocation import allocation
from ledger.streams.order import Order
from ledger.streams.order_payments import Capture
from ledger.streams.order_quantities import LineBook


class OrderCommand(Command):
    """A request about one order."""

    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, self.order_id)


class OrderReport(Report):
    """A fact about one order, which need not be placed yet."""

    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return order_stream(self.merchant_id, self.order_id)


def contradiction(
    report: OrderReport, order: Order, *, kind: str, expected: str, actual: str, **refs: str
) -> Iterator[Event]:
    """The break that a fact opens beside itself, once."""
    yield from break_once(
        order.breaks,
        kind=kind,
        expected=expected,
        actual=actual,
        refs={"order_id": report.order_id, **refs},
        at=report.decided_at,
    )


def book_rate(command: Command, rules: Rules, currency: str) -> Rate:
    """The book rate of the accounting day it happened on. Raises as `rate_of_day`."""
    return rate_of_day(rules, currency, accounting_day(command.happened_at))


def rate_of_day(rules: Rules, currency: str, day: date) -> Rate:
    """The book rate a decision uses for a day. Raises `RateMissing`, and `RateStale` for one too old."""
    rate = rules.rate(currency, "book", day)
    if not rules.policy(ReferencePricing).is_fresh(rate, day):
        raise RateStale(pair=rate.pair, kind=rate.kind, as_of=rate.as_of, day=day)
    return rate


def rate_of_fact(report: Report, rules: Rules, currency: str) -> Rate | None:
    """The last book rate known on a fact's day, however old; None where none is: a fact is not refused for that."""
    return last_rate(rules, currency, report.happened_at)


def last_rate(rules: Rules, currency: str, at: datetime) -> Rate | None:
    """The last book rate known on the day of an instant, however old; None where none is."""
    try:
        return rules.rate(currency, "book", accounting_day(at))
    except RateMissing:
        return None


def flagged_if_stale(
    report: OrderReport, order: Order, rate: Rate, rules: Rules, *, at: datetime | None = None
) -> Iterator[Event]:
    """The break of a fact, which happened `at`, that was booked at a rate older than a decision may use."""
    day, refs = accounting_day(at or report.happened_at), {"order_id": report.order_id}
    yield from stale_rate(order.breaks, rate, rules, day=day, at=report.decided_at, **refs)


def stale_rate(
    seen: Collection[str], rate: Rate, rules: Rules, *, day: date, at: datetime, **refs: str
) -> Iterator[Event]:
    """The break of a rate that is older than a decision of that day may use, unless it is among those `seen`."""
    try:
        pricing = rules.policy(ReferencePricing)
    except PolicyNotEffective:
        return
    if not pricing.is_fresh(rate, day):
        expected = f"a {rate.pair} rate of {day_later(day, -pricing.max_rate_age)} or later"
        refs |= {"pair": rate.pair, "as_of": rate.as_of.isoformat(), "day": day.isoformat()}
        actual = f"{rate.value} of {rate.as_of}"
        yield from break_once(seen, kind="stale_rate", expected=expected, actual=actual, refs=refs, at=at)


def without_rate(report: OrderReport, order: Order, amount: Money, **refs: str) -> Iterator[Event]:
    """The break of a fact that cannot be booked, because no rate of its currency is known; it can be told again."""
    yield from contradiction(
        report, order, kind="rate_missing", expected="a book rate of that day", actual=str(amount), **refs
    )


def placed_order(order: Order) -> Order:
    """The order, if it is placed and still stands. Raises `OrderNotConfirmed`."""
    if order.placed is None or order.cancelled or order.expired:
        raise OrderNotConfirmed(order_id=order.order_id, status=order.status)
    return order


def expect_new_case(order: Order, refund_id: str) -> None:
    """Raises `CaseAlreadyOpen` where the order has a case of this id."""
    if case := order.cases.get(refund_id):
        raise CaseAlreadyOpen(refund_id=refund_id, state=case.standing)


def line_of(order: Order, line_id: str) -> LineBook:
    """The line. Raises `LineNotFound`."""
    if line_id not in order.lines:
        raise LineNotFound(order_id=order.order_id, line_id=line_id, lines=tuple(order.lines))
    return order.lines[line_id]


def confirmed_by(
    placed: OrderPlaced, quantities: Mapping[str, int], captures: Iterable[Capture], command: Command, order: Order
) -> Iterator[Event]:
    """The allocation of these captures and what follows from it; nothing where they do not cover the order.

    What is captured beyond it is nobody's, and somebody must look.
    """
    free = list(captures)
    allocated = allocation(placed, quantities, free)
    if allocated is None:
        return
    yield allocated
    payment_ids = tuple(dict.fromkeys(part.payment_id for part in allocated.parts))
    yield OrderConfirmed(order_id=allocated.order_id, payment_ids=payment_ids, confirmed_at=command.happened_at)
    captured = total([capture.free for capture in free], allocated.amount.currency)
    if captured != allocated.amount:
        yield from break_once(
            order.breaks,
            kind="amount_mismatch",
            expected=str(allocated.amount),
            actual=str(captured),
            refs={"order_id": allocated.order_id, "about": "paid_too_much"},
            at=command.decided_at,
        )
