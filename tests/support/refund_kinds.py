"""Every kind of refund, on its way to the provider: what the provider reports of it, and what the books say then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from commands.bus.decided_events import decided
from commands.menu import MENU
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.fx import Rate
from ledger.ids import unmatched_stream
from ledger.journal.posting import post
from ledger.streams.payable_refund import RefundAttempts
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.refund_attempt import AttemptState
from tests.support.given import BUYER, FINANCE, PARTNER, PLATFORM, RATES, ask, reference_of
from tests.support.orders import OrderScenario, after_days, basket, capture

AMOUNT, BASE = 69_44, 498_58  # at 7.1800, the rate of the capture
DAYS = 6
DAILY = (*RATES, *(Rate("USD", "CNY", f"7.1{n}00", "book", "test", date(2025, 4, 1 + n)) for n in range(1, DAYS + 1)))


class _Books:
    """The accounts that events moved, in cents and fen, and the breaks that they opened.

    1110 and 5210 are one: the rate of the day moves money between them.
    """

    def __init__(self) -> None:
        self._usd, self._cny, self._breaks = Counter[str](), Counter[str](), list[str]()

    def remember(self, events: Iterable[Event]) -> None:
        for event in events:
            self._breaks += [event.kind] if isinstance(event, ReconciliationBreakOpened) else []
            for line in entry.lines if (entry := post(event)) else ():
                account = "1110" if line.account == "5210" else line.account
                self._usd[account] += line.amount if line.currency == "USD" else 0
                self._cny[account] += line.base

    def balances(self) -> dict[str, tuple[int, int]]:
        moved = {account: (self._usd[account], self._cny[account]) for account in self._cny}
        return {account: both for account, both in moved.items() if any(both)}

    def breaks(self) -> list[str]:
        return sorted(self._breaks)


class OfOrder(_Books):
    """A refund of an order: of a case, of a duplicate capture, or one that nobody asked for."""

    def __init__(self, *, refund_id: str = "", pays: str = "cap-1") -> None:
        super().__init__()
        self.scenario = OrderScenario(express=True, rates=DAILY)
        self.scenario.submit("place_order", **basket())
        self.scenario.submit("report_payment_captured", **capture())
        self._refund_id, self.pays = refund_id, pays
        self.attempt_id = f"{refund_id}.1" if refund_id else None

    @property
    def refund(self) -> RefundAttempts:
        order = self.scenario.order
        return order.cases[self._refund_id] if self._refund_id else order.unasked_refunds

    def submit(self, command: str, *, day: int, **data: Any) -> list[Event]:
        about = {"psp": "stripe"} if command == "report_refund_outcome" else {}
        by = PARTNER if command.startswith("report") else PLATFORM
        events = self.scenario.submit(command, by=by, at=after_days(day), **about, **data)
        self.remember(events)
        return events

    def outcome(self, *, day: int, **data: Any) -> list[Event]:
        return self.submit("report_refund_outcome", day=day, **data)

    def capture_fails(self) -> None:
        self.submit("report_payment_failed", day=DAYS, **capture(self.pays), code="nsf")

    def again(self) -> None:
        self.submit("submit_refund", day=1, refund_id=self._refund_id)


class OfItem(_Books):
    """A refund of unmatched money, or one of such money that nobody asked for."""

    pays = "c1"

    def __init__(self, *, refund_id: str = "") -> None:
        super().__init__()
        self.item = UnmatchedItem(unmatched_stream("stripe", "c1"))
        self._reference = reference_of(rates=DAILY)
        self._refund_id, self.attempt_id = refund_id, refund_id or None
        self.submit("report_unmatched_payment", day=0, amount="USD 69.44")
        if refund_id:
            self.submit("refund_unmatched_funds", day=0, refund_id=refund_id, reason="nobody_ordered")

    @property
    def refund(self) -> RefundAttempts:
        return self.item.refunds[self._refund_id] if self._refund_id else self.item.unasked_refunds

    def submit(self, command: str, *, day: int, **data: Any) -> list[Event]:
        handler, by = MENU[command], PARTNER if command.startswith("report") else FINANCE
        about = {"psp": "stripe", "capture_ref": "c1"}
        asked = ask(handler.command, by=by, at=after_days(day), id=f"c-{self.item.version}", **about, **data)
        rules = Rules(at=asked.decided_at, reference=self._reference, loaded={})
        events = decided(handler.decide_if_allowed, asked, self.item, rules)
        for event in events:
            self.item.apply(event)
        self.remember(events)
        return events

    def outcome(self, *, day: int, **data: Any) -> list[Event]:
        return self.submit("report_unmatched_refund_outcome", day=day, **data)

    def capture_fails(self) -> None:
        self.submit("report_unmatched_capture_failed", day=DAYS, amount="USD 69.44", code="nsf")

    def again(self) -> None:
        self.submit("submit_unmatched_refund", day=1, refund_id=self._refund_id)


def of_case() -> OfOrder:
    refund = OfOrder(refund_id="R-1")
    refund.scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    refund.scenario.submit("submit_refund", refund_id="R-1")
    return refund


def of_duplicate() -> OfOrder:
    refund = OfOrder(refund_id="D-1", pays="cap-2")
    refund.scenario.submit("report_payment_captured", **capture("cap-2"))
    reported = {"capture_ref": "cap-2", "refund_id": "D-1", "reason": "duplicate"}
    refund.scenario.submit("approve_duplicate_capture_refund", by=PLATFORM, **reported)
    refund.scenario.submit("submit_refund", refund_id="D-1")
    return refund


def started(make: Callable[[], OfOrder | OfItem]) -> OfOrder | OfItem:
    """Returns the refund, with the books counted from now."""
    refund = make()
    _Books.__init__(refund)
    return refund


ASKED: dict[str, Callable[[], OfOrder | OfItem]] = {
    "of a case": of_case,
    "of a duplicate capture": of_duplicate,
    "of unmatched money": lambda: OfItem(refund_id="U-1"),
}
UNASKED: dict[str, Callable[[], OfOrder | OfItem]] = {
    "of an order, asked by nobody": OfOrder,
    "of unmatched money, asked by nobody": OfItem,
}


def state_of(refund: OfOrder | OfItem, ref: str = "re-1") -> AttemptState:
    """Returns the state of the attempt with our id, or with the provider's reference."""
    known = [each for each in refund.refund.known if {refund.attempt_id, ref} & {each.attempt_id, each.psp_refund_ref}]
    return known[0].state if known else "unknown"
