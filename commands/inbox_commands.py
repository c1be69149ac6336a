"""What commands about money in the inbox have in common: its stream, and the capture that stands there."""

from __future__ import annotations

from collections.abc import Iterator

from commands.breaks import break_once
from commands.command import Report
from commands.order_commands import stale_rate
from commands.recording import accounting_day
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import InboxPaymentCaptured
from ledger.finance_refusals import InboxAlreadyRouted, InboxItemNotFound
from ledger.fx import Rate
from ledger.ids import Id, inbox_stream
from ledger.money import Money
from ledger.streams.reference_streams import InboxItem


def capture_of(item: InboxItem) -> InboxPaymentCaptured:
    """The capture that stands in this item. Raises `InboxItemNotFound`."""
    if item.capture is None:
        _, source, reference = item.name.split("/")
        raise InboxItemNotFound(source=source, reference=reference)
    return item.capture


def unrouted_capture(item: InboxItem) -> InboxPaymentCaptured:
    """The capture, if nobody has said yet where it belongs. Raises `InboxAlreadyRouted` too."""
    capture = capture_of(item)
    if item.plan or item.is_routed or item.has_failed:
        state = "routed" if item.is_routed else "undone, because it failed" if item.has_failed else "being routed"
        raise InboxAlreadyRouted(source=capture.psp, reference=capture.capture_ref, state=state)
    return capture


class InboxMoneyReport(Report):
    """A fact about a capture that stands in the inbox."""

    psp: Id
    capture_ref: Id

    @property
    def stream(self) -> str:
        return inbox_stream(self.psp, self.capture_ref)


def inbox_break(
    report: InboxMoneyReport, item: InboxItem, *, kind: str, expected: str, amount: Money, **refs: str
) -> Iterator[Event]:
    """The break that a fact opens beside itself, once."""
    about = {"psp": report.psp, "capture_ref": report.capture_ref, "amount": f"{amount.currency}{amount.minor}"}
    yield from break_once(
        item.breaks, kind=kind, expected=expected, actual=str(amount), refs=about | refs, at=report.decided_at
    )


def inbox_stale(report: InboxMoneyReport, item: InboxItem, rate: Rate, rules: Rules) -> Iterator[Event]:
    """The break of a fact that was booked at a rate older than a decision may use."""
    day, about = accounting_day(report.happened_at), {"psp": report.psp, "capture_ref": report.capture_ref}
    yield from stale_rate(item.breaks, rate, rules, day=day, at=report.decided_at, **about)
