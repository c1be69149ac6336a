"""What is remembered of the platform's reference streams: published policies, recorded rates, the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.platform import (
    FeeScheduleSet,
    FxRateRecorded,
    InboxFactNoted,
    InboxFactRouted,
    InboxPartsTaken,
    InboxPaymentCaptured,
    InboxRoutingPlanned,
    PolicyPublished,
    RoutedPart,
)
from ledger.events.platform_money import UnallocatedFundsRefunded, UnallocatedRefundPaid
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.events.unmatched_money import (
    UnallocatedFundsMatched,
    UnallocatedFundsSettled,
    UnallocatedRefundFailed,
    UnallocatedRefundOwedAgain,
    UnallocatedRefundOwedNoMore,
    UnallocatedRefundReversed,
    UnallocatedRefundSubmitted,
    UnallocatedRefundSuccessNoted,
    UnroutedCaptureFailed,
)
from ledger.fx import CNY
from ledger.ids import UNROUTED, unrouted_break
from ledger.money import Money, share, total
from ledger.streams.breaks import Break
from ledger.streams.receivables import Receivables
from ledger.streams.stream import Stream
from ledger.streams.unmatched_refunds import InboxRefund

_PAID_BACK = "paid_back"


class PolicyHistory(Stream):
    """The stream `policy/<key>`: how many versions there are, and the newest."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.last_version = 0
        self.content: dict[str, Any] | None = None
        self.effective_from: datetime | None = None
        self.begins: datetime | None = None  # the earliest instant from which a version holds

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: PolicyPublished) -> None:
        self._publish(event)

    @evolve.register
    def _(self, event: FeeScheduleSet) -> None:
        self._publish(event)

    def _publish(self, event: PolicyPublished | FeeScheduleSet) -> None:
        self.last_version = event.version
        self.content, self.effective_from = event.content, event.effective_from
        self.begins = min(self.begins or event.effective_from, event.effective_from)


class RateHistory(Stream):
    """The stream `fx/<pair>`: the value last recorded for each kind and day."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.values: dict[tuple[str, date], str] = {}

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: FxRateRecorded) -> None:
        self.values[event.rate.kind, event.rate.as_of] = event.rate.value


class InboxItem(Stream):
    """The stream `inbox/<source>/<reference>`: a fact that names no order or merchant we know."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.captured: Money | None = None
        self.capture: InboxPaymentCaptured | None = None
        self.plan: InboxRoutingPlanned | None = None
        self.plans = 0
        self.taken: tuple[RoutedPart, ...] = ()  # by orders of plans that others of them could not take their part of
        self.taken_base = Money(0, CNY)
        self.refunds: dict[str, InboxRefund] = {}
        self.receivables = Receivables()
        self.noted: list[InboxFactNoted] = []
        self.noted_since = 0  # after it was routed
        self.breaks: set[str] = set()  # ever opened: the same contradiction is told once
        self.is_routed = False
        self.has_failed = False

    @property
    def is_no_orders(self) -> bool:
        """Whether its money can go to no order any more: it is owed back to its payer, or was none."""
        return self.capture is not None and not self.is_of_orders and (bool(self.refunds) or self.has_failed)

    @property
    def is_of_orders(self) -> bool:
        """Whether orders have its money or a part of it, or are about to."""
        return self.plan is not None or self.is_routed or bool(self.taken)

    @property
    def to_route(self) -> Money:
        """What of the capture no order has taken."""
        assert self.captured is not None, "what is routed was captured"
        return self.captured - total([part.amount for part in self.taken], self.captured.currency)

    def base_of(self, parts: Iterable[RoutedPart]) -> Money:
        """What the next of its parts were taken in at, in CNY; all of them add up to the capture's base."""
        assert self.capture is not None, "what is routed was captured"
        whole = self.capture.amount
        given = total([part.amount for part in (*self.taken, *parts)], whole.currency)
        return share(self.capture.base, upto=given.minor, of=whole.minor, already=self.taken_base)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: InboxPaymentCaptured) -> None:
        self.receivables.remember(event)
        if self.capture:  # a further step of the same capture
            sums = {"amount": self.capture.amount + event.amount, "base": self.capture.base + event.base}
            event = self.capture.model_copy(update=sums)
        self.captured = event.amount
        self.capture = event
        self._waits(f"{event.psp} captured {event.amount}", event.refs, event.happened_at).holds_money = True

    @evolve.register
    def _(self, event: InboxFactNoted) -> None:
        self.noted.append(event)
        self.noted_since += 1
        self._waits(event.kind, event.refs, event.happened_at)

    @evolve.register
    def _(self, event: InboxRoutingPlanned) -> None:
        self.plan, self.plans = event, self.plans + 1

    @evolve.register
    def _(self, event: InboxPartsTaken) -> None:
        self.plan, self.taken, self.taken_base = None, self.taken + event.taken, self.taken_base + event.base

    @evolve.register
    def _(self, event: UnallocatedFundsRefunded) -> None:
        self.refunds[event.refund_id] = InboxRefund.of(event)
        given_back = sum(refund.amount.minor for refund in self.refunds.values())
        if self.captured and given_back >= self.captured.minor:
            self.known_breaks[unrouted_break(self.name)].holds_money = False

    @evolve.register
    def _(self, event: UnallocatedRefundPaid) -> None:
        self.receivables.remember(event)
        self.refunds[event.refund_id].answer(event)
        if self._is_paid_back:
            self._is_over(_PAID_BACK)

    @evolve.register
    def _(self, event: UnallocatedRefundFailed | UnallocatedRefundSuccessNoted) -> None:
        self.refunds[event.refund_id].answer(event)

    @evolve.register
    def _(self, event: UnallocatedRefundReversed) -> None:
        self.receivables.remember(event)
        self.refunds[event.refund_id].answer(event)
        waiting = self.known_breaks.get(unrouted_break(self.name))
        if waiting and waiting.resolution == _PAID_BACK and not self._is_paid_back:
            waiting.resolution = ""

    @evolve.register
    def _(self, event: UnallocatedRefundOwedNoMore) -> None:
        self.refunds[event.refund_id].is_owed_no_more = True
        self._is_over("failed")

    @evolve.register
    def _(self, event: UnallocatedRefundOwedAgain) -> None:
        self.refunds[event.refund_id].is_owed_no_more = False

    @evolve.register
    def _(self, event: UnallocatedRefundSubmitted) -> None:
        self.refunds[event.refund_id].submit(event)

    @evolve.register
    def _(self, event: UnroutedCaptureFailed) -> None:
        self.receivables.remember(event)
        self.has_failed = True
        self._is_over("failed")

    @evolve.register
    def _(self, event: UnallocatedFundsSettled | UnallocatedFundsMatched) -> None:
        self.receivables.remember(event)

    @evolve.register
    def _(self, event: InboxFactRouted) -> None:
        self.is_routed, self.noted_since = True, 0
        self._is_over("routed")

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)

    def refund_named(self, submission_id: str) -> InboxRefund | None:
        """The refund that was sent under this name."""
        named = (r for r in self.refunds.values() for one in r.tries if one.submission_id == submission_id)
        return next(named, None)

    @property
    def _is_paid_back(self) -> bool:
        paid = sum(refund.amount.minor for refund in self.refunds.values() if refund.is_paid)
        return self.captured is not None and paid >= self.captured.minor

    def _waits(self, what: str, refs: dict[str, str], since: datetime) -> Break:
        """What waits for its order is a break too: people look into it, and close what no order will ever claim."""
        break_id = unrouted_break(self.name)
        known = self.known_breaks.get(break_id)
        if known is None or not known.is_open:
            opened = ReconciliationBreakOpened(
                break_id=break_id, kind=UNROUTED, expected="an order", actual=what, refs=refs, opened_at=since
            )
            known = self.known_breaks[break_id] = Break(opened)
        return known

    def _is_over(self, resolution: str) -> None:
        if waiting := self.known_breaks.get(unrouted_break(self.name)):
            waiting.resolution = waiting.resolution or resolution
            waiting.holds_money = False
