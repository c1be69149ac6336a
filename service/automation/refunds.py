"""Submits approved refunds to providers, and failed ones again, a limited number of times and at growing intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from commands.command import Command
from commands.refunds.submit_refund import SubmitRefund
from ledger.ids import command_id, merchant_of, order_of
from ledger.policies.automation import Automation
from ledger.streams.loader import load_each
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order
from projections.worklists.refunds_to_submit import RefundToSubmit, refunds_to_submit
from service.loops.loop import Item
from service.loops.timer import PAGE, TIMER, Timer

_AGAIN = timedelta(hours=1)  # wait after a refusal that may pass, such as for an open dispute


class Refunds(Timer):
    """The view finds the orders; the order's stream decides the amount to pay."""

    name = "refunds"
    every = timedelta(seconds=10)

    def look(self) -> int:
        now = self.app.clock()
        policy = self.automation(now)
        return self.in_each_book(partial(self._ask, policy, now)) if policy else 0

    def _ask(self, policy: Automation, now: datetime, book: int) -> int:
        found = self.pages(partial(self._page, policy.refund_bounds(now), book))
        return sum(self.loop.ask(self._items(policy, now, book, page)) for page in found)

    def _page(self, bounds: Mapping[int, datetime], book: int, last: RefundToSubmit | None) -> list[RefundToSubmit]:
        return refunds_to_submit(self.app.views, book, bounds=bounds, after=last, limit=PAGE)

    def _items(self, policy: Automation, now: datetime, book: int, page: Sequence[RefundToSubmit]) -> Iterator[Item]:
        orders = load_each(self.app.ledger.reader, {each.stream: book for each in page}, Order)
        for each in page:
            case = orders[each.stream].cases.get(each.refund_id)
            due = due_at(case, each.at, policy) if case else None
            if case and due and due <= now:
                name = f"{each.stream}#{each.refund_id}"
                yield Item(book, name, partial(_command, each, len(case.attempts), _asked(now - due)))


def due_at(case: Case, since: datetime, policy: Automation) -> datetime | None:
    """Returns the instant to submit the part of the refund that no attempt covers; None if there is no such part, or
    the attempts are used up.
    """
    if case.state != "approved" or case.awaits_goods or not case.unsubmitted:
        return None
    failed = [each.came_back_at for each in case.attempts.values() if not each.counts]
    if not failed:
        return since
    return policy.retry_at(max((at for at in failed if at), default=since), len(failed))


def _asked(waits: timedelta) -> int:
    """Returns the number of submissions due after this wait: one at once, one after an hour, then after twice as long
    each time.
    """
    return (waits // _AGAIN).bit_length()


def _command(each: RefundToSubmit, attempts: int, again: int) -> Command:
    """Returns the command. Its id changes with every attempt and every repetition."""
    return SubmitRefund(
        id=command_id("submit-refund", each.stream, each.refund_id, str(attempts), str(again)),
        actor=TIMER,
        merchant_id=merchant_of(each.stream) or "",
        order_id=order_of(each.stream) or "",
        refund_id=each.refund_id,
    )
