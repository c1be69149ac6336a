"""What is remembered of the platform's reference streams: published policies, recorded rates, the inbox."""

from __future__ import annotations

from datetime import date, datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.inbox_money import (
    UnallocatedFundsSettled,
    UnallocatedRefundFailed,
    UnallocatedRefundSubmitted,
    UnroutedCaptureFailed,
)
from ledger.events.platform import (
    FeeScheduleSet,
    FxRateRecorded,
    InboxFactNoted,
    InboxFactRouted,
    InboxPaymentCaptured,
    InboxRoutingPlanned,
    PolicyPublished,
)
from ledger.events.platform_money import UnallocatedFundsRefunded, UnallocatedRefundPaid
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import UNROUTED, unrouted_break
from ledger.money import Money
from ledger.streams.breaks import Break
from ledger.streams.receivables import Receivables
from ledger.streams.stream import Stream


class PolicyHistory(Stream):
    """The stream `policy/<key>`: how many versions there are, and the newest."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.last_version = 0
        self.content: dict[str, Any] | None = None
        self.effective_from: datetime | None = None

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
        self.refunds: dict[str, UnallocatedFundsRefunded] = {}
        self.refunds_paid: set[str] = set()
        self.refund_submissions: dict[str, list[str]] = {}  # the names each refund was sent under
        self.refunds_failed: set[str] = set()  # and not sent anew
        self.receivables = Receivables()
        self.noted: list[InboxFactNoted] = []
        self.noted_since = 0  # after it was routed
        self.breaks: set[str] = set()  # ever opened: the same contradiction is told once
        self.is_routed = False
        self.has_failed = False

    @property
    def is_no_orders(self) -> bool:
        """Whether its money can go to no order any more: it is owed back to its payer, or was none."""
        is_routed = self.plan is not None or self.is_routed
        return self.capture is not None and not is_routed and (bool(self.refunds) or self.has_failed)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Change what is remembered."""

    @evolve.register
    def _(self, event: InboxPaymentCaptured) -> None:
        self.receivables.remember(event)
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
        self.plan = event

    @evolve.register
    def _(self, event: UnallocatedFundsRefunded) -> None:
        self.refunds[event.refund_id] = event
        self.refund_submissions[event.refund_id] = [event.refund_id]
        given_back = sum(refund.amount.minor for refund in self.refunds.values())
        if self.captured and given_back >= self.captured.minor:
            self.known_breaks[unrouted_break(self.name)].holds_money = False

    @evolve.register
    def _(self, event: UnallocatedRefundPaid) -> None:
        self.receivables.remember(event)
        self.refunds_paid.add(event.refund_id)
        self.refunds_failed.discard(event.refund_id)
        paid = sum(self.refunds[refund].amount.minor for refund in self.refunds_paid)
        if self.captured and paid >= self.captured.minor:
            self._is_over("paid_back")

    @evolve.register
    def _(self, event: UnallocatedRefundFailed) -> None:
        self.refunds_failed.add(event.refund_id)

    @evolve.register
    def _(self, event: UnallocatedRefundSubmitted) -> None:
        self.receivables.remember(event)
        self.refund_submissions[event.refund_id].append(event.submission_id)
        self.refunds_failed.discard(event.refund_id)

    @evolve.register
    def _(self, event: UnroutedCaptureFailed) -> None:
        self.receivables.remember(event)
        self.has_failed = True
        self._is_over("failed")

    @evolve.register
    def _(self, event: UnallocatedFundsSettled) -> None:
        self.receivables.remember(event)

    @evolve.register
    def _(self, event: InboxFactRouted) -> None:
        self.is_routed, self.noted_since = True, 0
        self._is_over("routed")

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)

    def refund_named(self, submission_id: str) -> UnallocatedFundsRefunded | None:
        """The refund that was sent under this name."""
        named = (refund for refund, names in self.refund_submissions.items() if submission_id in names)
        return self.refunds.get(next(named, submission_id))

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
