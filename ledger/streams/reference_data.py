"""The platform's reference streams: policies, exchange rates and unmatched items."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.platform import (
    FeeScheduleSet,
    FxRateRecorded,
    MatchedPart,
    MatchPlanned,
    PolicyPublished,
    UnmatchedFactMatched,
    UnmatchedFactReported,
    UnmatchedPartsTaken,
    UnmatchedPaymentCaptured,
)
from ledger.events.platform_money import UnmatchedFundsRefunded, UnmatchedRefundPaid
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.events.unmatched_money import (
    UnmatchedCaptureFailed,
    UnmatchedFundsMatched,
    UnmatchedFundsSettled,
    UnmatchedLiabilityExtinguished,
    UnmatchedLiabilityReinstated,
    UnmatchedRefundFailed,
    UnmatchedRefundReversed,
    UnmatchedRefundSubmitted,
    UnmatchedRefundSuccessRepeated,
)
from ledger.fx import NO_CNY
from ledger.ids import UNMATCHED, unmatched_break
from ledger.money import Money, share, total
from ledger.streams.breaks import Break
from ledger.streams.payable_refund import RefundAttempts, UnmatchedRefund, refund_of
from ledger.streams.receivables import Receivables
from ledger.streams.refund_attempt import Outcome
from ledger.streams.stream import Stream

_PAID_BACK = "paid_back"


class PolicyHistory(Stream):
    """The stream `policy/<key>`: the number of versions, and the newest one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.last_version = 0
        self.content: dict[str, Any] | None = None
        self.effective_from: datetime | None = None
        self.begins: datetime | None = None  # the earliest instant at which any version is in force

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

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
    """The stream `fx/<pair>`: the rate last recorded for each kind and day."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.values: dict[tuple[str, date], str] = {}

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: FxRateRecorded) -> None:
        self.values[event.rate.kind, event.rate.as_of] = event.rate.value


class UnmatchedItem(Stream):
    """The stream `unmatched/<source>/<reference>`: money or a fact whose order or merchant is not known."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.captured: Money | None = None
        self.capture: UnmatchedPaymentCaptured | None = None
        self.plan: MatchPlanned | None = None
        self.plans = 0
        self.taken: tuple[MatchedPart, ...] = ()  # parts recorded by orders under matches that failed in part
        self.taken_base = NO_CNY
        self.refunds: dict[str, UnmatchedRefund] = {}
        self.unasked_refunds = RefundAttempts()
        self.receivables = Receivables()
        self.noted: list[UnmatchedFactReported] = []
        self.noted_since = 0  # facts reported after it was matched
        self.breaks: set[str] = set()  # ids of all breaks ever opened, so that none is opened twice
        self.is_matched = False
        self.has_failed = False

    @property
    def is_no_orders(self) -> bool:
        """True if no order can get the money any more: it is owed to its payer, or its capture failed."""
        return self.capture is not None and not self.is_of_orders and (bool(self.refunds) or self.has_failed)

    @property
    def is_of_orders(self) -> bool:
        """True if orders have the money or a part of it, or a match is under way."""
        return self.plan is not None or self.is_matched or bool(self.taken)

    @property
    def to_match(self) -> Money:
        """The part of the capture that no order has recorded."""
        assert self.captured is not None, "what is matched was captured"
        return self.captured - total([part.amount for part in self.taken], self.captured.currency)

    def base_of(self, parts: Iterable[MatchedPart]) -> Money:
        """Returns the CNY value of the next parts; the values of all parts sum to the capture's base."""
        assert self.capture is not None, "what is matched was captured"
        whole = self.capture.amount
        given = total([part.amount for part in (*self.taken, *parts)], whole.currency)
        return share(self.capture.base, upto=given.minor, of=whole.minor, already=self.taken_base)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: UnmatchedPaymentCaptured) -> None:
        self.receivables.remember(event)
        if self.capture:  # a further step of the same capture
            sums = {"amount": self.capture.amount + event.amount, "base": self.capture.base + event.base}
            event = self.capture.model_copy(update=sums)
        self.captured = event.amount
        self.capture = event
        self._waits(f"{event.psp} captured {event.amount}", event.refs, event.happened_at).holds_money = True

    @evolve.register
    def _(self, event: UnmatchedFactReported) -> None:
        self.noted.append(event)
        self.noted_since += 1
        self._waits(event.kind, event.refs, event.happened_at)

    @evolve.register
    def _(self, event: MatchPlanned) -> None:
        self.plan, self.plans = event, self.plans + 1

    @evolve.register
    def _(self, event: UnmatchedPartsTaken) -> None:
        self.plan, self.taken, self.taken_base = None, self.taken + event.taken, self.taken_base + event.base

    @evolve.register
    def _(self, event: UnmatchedFundsRefunded) -> None:
        self.refunds[event.refund_id] = UnmatchedRefund.of(event)
        given_back = sum(refund.owed.minor for refund in self.refunds.values())
        if self.captured and given_back >= self.captured.minor:
            self.known_breaks[unmatched_break(self.name)].holds_money = False

    @evolve.register
    def _(self, event: UnmatchedRefundPaid) -> None:
        self.receivables.remember(event)
        self._answer(event)
        if self._is_paid_back:
            self._is_over(_PAID_BACK)

    @evolve.register
    def _(self, event: UnmatchedRefundFailed | UnmatchedRefundSuccessRepeated) -> None:
        self._answer(event)

    @evolve.register
    def _(self, event: UnmatchedRefundReversed) -> None:
        self.receivables.remember(event)
        self._answer(event)
        waiting = self.known_breaks.get(unmatched_break(self.name))
        if waiting and waiting.resolution == _PAID_BACK and not self._is_paid_back:
            waiting.resolution = ""

    @evolve.register
    def _(self, event: UnmatchedLiabilityExtinguished) -> None:
        self.refunds[event.refund_id].owe_no_more(event.capture_ref, event.amount, event.base)
        self._is_over("failed")

    @evolve.register
    def _(self, event: UnmatchedLiabilityReinstated) -> None:
        self.refunds[event.refund_id].owe_no_more(event.capture_ref, -event.amount, -event.base)

    @evolve.register
    def _(self, event: UnmatchedRefundSubmitted) -> None:
        self.refunds[event.refund_id].submit(event)

    @evolve.register
    def _(self, event: UnmatchedCaptureFailed) -> None:
        self.receivables.remember(event)
        self.has_failed = True
        self._is_over("failed")

    @evolve.register
    def _(self, event: UnmatchedFundsSettled | UnmatchedFundsMatched) -> None:
        self.receivables.remember(event)

    @evolve.register
    def _(self, event: UnmatchedFactMatched) -> None:
        self.is_matched, self.noted_since = True, 0
        self._is_over("matched")

    @evolve.register
    def _(self, event: ReconciliationBreakOpened) -> None:
        self.breaks.add(event.break_id)

    @property
    def _is_paid_back(self) -> bool:
        """True if providers have paid at least the captured amount for refunds of this item."""
        paid = sum((refund.paid - refund.by_alternative).minor for refund in self.refunds.values())
        return self.captured is not None and paid >= self.captured.minor

    def _answer(self, event: Outcome) -> None:
        refund_of(event, self.refunds, self.unasked_refunds).answer(event)

    def _waits(self, what: str, refs: dict[str, str], since: datetime) -> Break:
        """Returns the item's break, opened if needed. An unmatched item is a break, so that people look into it and
        close it if no order claims it."""
        break_id = unmatched_break(self.name)
        known = self.known_breaks.get(break_id)
        if known is None or not known.is_open:
            opened = ReconciliationBreakOpened(
                break_id=break_id, kind=UNMATCHED, expected="an order", actual=what, refs=refs, opened_at=since
            )
            known = self.known_breaks[break_id] = Break(opened)
        return known

    def _is_over(self, resolution: str) -> None:
        if waiting := self.known_breaks.get(unmatched_break(self.name)):
            waiting.resolution = waiting.resolution or resolution
            waiting.holds_money = False
