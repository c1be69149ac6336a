"""Requests captures of the held payments of placed orders, if the policy `automation` asks for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial

from commands.command import Command
from commands.payments.capture_payment import CapturePayment
from commands.payments.held_payments import taken
from ledger.ids import command_id, merchant_of, order_of
from ledger.money import Money
from ledger.policies.automation import Automation
from ledger.streams.loader import load_each
from ledger.streams.orders.allocation import amount_due
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Authorization
from projections.worklists.captures_due import CaptureDue, captures_due
from service.loops.loop import Item
from service.loops.timer import PAGE, TIMER, Timer


class Captures(Timer):
    """Reads the payments that are due from the view; the order's stream decides the amount."""

    name = "captures"
    every = timedelta(seconds=10)

    def look(self) -> int:
        now = self.app.clock()
        policy = self.automation(now)
        return self.in_each_book(partial(self._capture, policy, now)) if policy else 0

    def _capture(self, policy: Automation, now: datetime, book: int) -> int:
        found = self.pages(partial(self._page, policy, now, book))
        return sum(self.loop.ask(self._captures(policy, now, book, page)) for page in found)

    def _page(self, policy: Automation, now: datetime, book: int, last: CaptureDue | None) -> list[CaptureDue]:
        bounds = policy.capture_bounds(now)
        return captures_due(self.app.views, book, first=policy.first_capture_by, bounds=bounds, after=last, limit=PAGE)

    def _captures(self, policy: Automation, now: datetime, book: int, page: Sequence[CaptureDue]) -> Iterator[Item]:
        orders = load_each(self.app.ledger.reader, {due.stream: book for due in page}, Order)
        for stream, order in orders.items():
            yield from self.loop.made(book, stream, partial(_items, book, order, policy, now))


def _items(book: int, order: Order, policy: Automation, now: datetime) -> Iterator[Item]:
    for hold, amount in due_captures(order, policy, now):
        yield Item(book, order.name, partial(_command, order, hold, amount))


def due_captures(order: Order, policy: Automation, now: datetime) -> Iterator[tuple[Authorization, Money]]:
    """Yields each held payment that is due for capture, with its amount: at most what the order needs."""
    if order.placed is None or not order.is_open or order.confirmed:
        return
    missing = _missing(order)
    for hold in order.payments.authorizations.values():
        due = _due_at(order, hold, policy)
        if hold.amount.currency != missing.currency or due is None or now < due or not hold.holds_at(now):
            continue
        amount = min(missing, hold.amount - taken(order, hold))
        if amount.minor > 0:
            missing -= amount
            yield hold, amount


def _missing(order: Order) -> Money:
    """Returns the cost of the order less its captures and the captures that providers were asked for."""
    assert order.placed is not None, "only a placed order costs something"
    quantities = {line_id: book.live for line_id, book in order.lines.items()}
    missing = amount_due(order.placed, quantities)
    for capture in order.payments.usable(missing.currency):
        missing -= capture.free
    for hold in order.payments.authorizations.values():
        if hold.amount.currency == missing.currency:
            missing -= hold.being_captured
    return missing


def _due_at(order: Order, hold: Authorization, policy: Automation) -> datetime | None:
    """Returns the instant of the payment's capture, or of the next attempt after a failure; None if it is not to be
    captured.
    """
    if hold.state != "authorized" or hold.void_requested or order.placed is None:
        return None
    if hold.failures:
        return policy.retry_at(hold.requested_at, hold.failures) if hold.requested_at else None
    left = [parcel.dispatch.dispatched_at for parcel in order.parcels if parcel.dispatch]
    dispatched_at = min(left, default=None)
    return policy.capture_at(held_since=order.placed.placed_at, lapses_at=hold.expires_at, dispatched_at=dispatched_at)


def _command(order: Order, hold: Authorization, amount: Money) -> Command:
    """Returns the command. Its id contains the version of the order, so that a refused capture is tried again after a
    new event.
    """
    return CapturePayment(
        id=command_id("capture", order.name, hold.payment_id, str(order.version)),
        actor=TIMER,
        merchant_id=merchant_of(order.name) or "",
        order_id=order_of(order.name) or "",
        payment_id=hold.payment_id,
        amount=amount,
    )
