"""Noting a capture whose order or merchant is not known yet."""

from __future__ import annotations

from collections.abc import Iterator

from commands.breaks import break_once
from commands.command import Report
from commands.recording import accounting_day
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.platform import InboxPaymentCaptured
from ledger.ids import Id, inbox_stream
from ledger.money import Money
from ledger.streams.reference_streams import InboxItem


class NoteUnroutedPayment(Report, name="note_unrouted_payment"):
    """A provider took money that names no order we can find; `refs` are the names it does give."""

    psp: Id
    capture_ref: Id
    payment_id: Id | None = None
    psp_ref: str = ""
    amount: PositiveMoney
    refs: dict[str, str] = {}
    source_amount: Money | None = None

    @property
    def stream(self) -> str:
        return inbox_stream(self.psp, self.capture_ref)


def decide(report: NoteUnroutedPayment, item: InboxItem, rules: Rules) -> Iterator[Event]:
    if item.captured is None:
        yield _captured(report, rules)
    elif item.captured != report.amount:
        yield from break_once(
            item.breaks,
            kind="amount_mismatch",
            expected=str(item.captured),
            actual=str(report.amount),
            refs={"psp": report.psp, "capture_ref": report.capture_ref, "amount": str(report.amount.minor)},
            at=report.decided_at,
        )


def _captured(report: NoteUnroutedPayment, rules: Rules) -> InboxPaymentCaptured:
    rate = rules.rate(report.amount.currency, "book", accounting_day(report.happened_at))
    return InboxPaymentCaptured(
        psp=report.psp,
        capture_ref=report.capture_ref,
        payment_id=report.payment_id,
        psp_ref=report.psp_ref,
        amount=report.amount,
        book_rate=rate,
        base=rate.convert(report.amount),
        refs=report.refs,
        happened_at=report.happened_at,
        source_amount=report.source_amount,
    )
