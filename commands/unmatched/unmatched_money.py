"""Shared parts of commands on unmatched money: its stream, its capture, and its refunds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from commands.command import Report
from commands.contradictions import break_once, in_minor
from commands.rates import stale_rate
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.platform import UnmatchedPaymentCaptured
from ledger.events.unmatched_money import UnmatchedLiabilityExtinguished
from ledger.fx import Rate
from ledger.ids import Id, unmatched_stream
from ledger.money import Money
from ledger.references import Reference
from ledger.refusals.finance import ItemAlreadyMatched, UnmatchedItemNotFound
from ledger.streams.payable_refund import UnmatchedRefund
from ledger.streams.reference_data import UnmatchedItem


def capture_of(item: UnmatchedItem) -> UnmatchedPaymentCaptured:
    """Returns the capture of this item. Raises `UnmatchedItemNotFound`."""
    if item.capture is None:
        _, source, reference = item.name.split("/")
        raise UnmatchedItemNotFound(source=source, reference=reference)
    return item.capture


def unmatched_capture(item: UnmatchedItem) -> UnmatchedPaymentCaptured:
    """Returns the capture if it is not matched yet.

    Raises `UnmatchedItemNotFound`, and `ItemAlreadyMatched` if it is matched, being matched, or failed.
    """
    capture = capture_of(item)
    if item.plan or item.is_matched or item.has_failed:
        state = "matched" if item.is_matched else "undone, because it failed" if item.has_failed else "being matched"
        raise ItemAlreadyMatched(source=capture.psp, reference=capture.capture_ref, state=state)
    return capture


class UnmatchedMoneyReport(Report):
    """A report on an unmatched capture."""

    psp: Id
    capture_ref: Reference

    @property
    def stream(self) -> str:
        return unmatched_stream(self.psp, self.capture_ref)


def with_extinguished_liability(item: UnmatchedItem, reported: list[Event]) -> Iterator[Event]:
    """Yields the events, and the end of refund liabilities that no attempt covers, if the capture has failed."""
    yield from reported
    later = item.after(*reported)
    if later.has_failed:
        yield from (_extinguished(refund) for refund in later.refunds.values() if refund.unsubmitted)


def _extinguished(refund: UnmatchedRefund) -> UnmatchedLiabilityExtinguished:
    amount = refund.unsubmitted
    names = {name: getattr(refund.decided, name) for name in ("psp", "capture_ref", "payment_id", "refund_id")}
    return UnmatchedLiabilityExtinguished(**names, amount=amount, base=refund.carried_of(amount))


def unmatched_break(
    report: UnmatchedMoneyReport, item: UnmatchedItem, *, kind: str, expected: str, amount: Money, **refs: str
) -> Iterator[Event]:
    """Opens a break beside a fact, once."""
    about = {"psp": report.psp, "capture_ref": report.capture_ref, "amount": in_minor(amount)}
    yield from break_once(
        item.breaks, kind=kind, expected=expected, actual=str(amount), refs=about | refs, at=report.decided_at
    )


def unmatched_stale(
    report: UnmatchedMoneyReport, item: UnmatchedItem, rate: Rate, rules: Rules, *, at: datetime
) -> Iterator[Event]:
    """Opens a break for a fact, at `at`, that was booked at a rate older than a decision may use."""
    day, about = accounting_day(at), {"psp": report.psp, "capture_ref": report.capture_ref}
    yield from stale_rate(item.breaks, rate, rules, day=day, at=report.decided_at, **about)
