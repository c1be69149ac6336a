"""Book rates for decisions and facts, and the break for a rate that is too old."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime

from commands.command import Command, Report
from commands.contradictions import break_once
from commands.order_command import OrderReport
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.deadlines import day_later
from ledger.events.event import Event
from ledger.fx import Rate
from ledger.policies.reference_pricing import ReferencePricing
from ledger.refusals.catalogue import PolicyNotEffective
from ledger.refusals.payments import RateMissing, RateStale
from ledger.streams.orders.order import Order


def book_rate(command: Command, rules: Rules, currency: str) -> Rate:
    """Returns the book rate on the command's accounting day. Raises as `rate_of_day`."""
    return rate_of_day(rules, currency, accounting_day(command.happened_at))


def rate_of_day(rules: Rules, currency: str, day: date) -> Rate:
    """Returns the book rate for a decision on a day. Raises `RateMissing`, and `RateStale` if it is too old."""
    rate = rules.rate(currency, "book", day)
    if not rules.policy(ReferencePricing).is_fresh(rate, day):
        raise RateStale(pair=rate.pair, kind=rate.kind, as_of=rate.as_of, day=day)
    return rate


def rate_of_fact(report: Report, rules: Rules, currency: str) -> Rate | None:
    """Returns the last book rate known on the fact's day, of any age, or None: a fact is never refused for it."""
    return last_rate(rules, currency, report.happened_at)


def last_rate(rules: Rules, currency: str, at: datetime) -> Rate | None:
    """Returns the last book rate known on the day of an instant, of any age, or None."""
    try:
        return rules.rate(currency, "book", accounting_day(at))
    except RateMissing:
        return None


def flagged_if_stale(
    report: OrderReport, order: Order, rate: Rate, rules: Rules, *, at: datetime | None = None
) -> Iterator[Event]:
    """Opens a break if the fact, at `at`, was booked at a rate older than a decision may use."""
    day, refs = accounting_day(at or report.happened_at), {"order_id": report.order_id}
    yield from stale_rate(order.breaks, rate, rules, day=day, at=report.decided_at, **refs)


def stale_rate(
    seen: Collection[str], rate: Rate, rules: Rules, *, day: date, at: datetime, **refs: str
) -> Iterator[Event]:
    """Opens a break for a rate older than a decision on that day may use, unless it is in `seen`."""
    try:
        pricing = rules.policy(ReferencePricing)
    except PolicyNotEffective:
        return
    if not pricing.is_fresh(rate, day):
        expected = f"a {rate.pair} rate of {day_later(day, -pricing.max_rate_age)} or later"
        refs |= {"pair": rate.pair, "as_of": rate.as_of.isoformat(), "day": day.isoformat()}
        actual = f"{rate.value} of {rate.as_of}"
        yield from break_once(seen, kind="stale_rate", expected=expected, actual=actual, refs=refs, at=at)
