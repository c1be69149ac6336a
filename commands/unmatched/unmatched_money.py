"""What commands about money in the inbox have in common: its stream, and the capture that stands there."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import date, datetime
from typing import Any

from commands.command import Report
from commands.contradictions import break_once
from commands.fields import PositiveMoney
from commands.rates import stale_rate
from commands.rules import Rules
from ledger.accounting_days import accounting_day
from ledger.events.event import Event
from ledger.events.platform import InboxPaymentCaptured
from ledger.events.platform_money import UnallocatedRefundPaid
from ledger.events.unmatched_money import (
    UnallocatedRefundOwedAgain,
    UnallocatedRefundOwedNoMore,
    UnallocatedRefundReversed,
)
from ledger.fx import Rate
from ledger.ids import Id, inbox_stream
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.refusals.finance import InboxAlreadyRouted, InboxItemNotFound
from ledger.streams.reference_data import InboxItem
from ledger.streams.unmatched_refunds import InboxRefund, Try


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
    capture_ref: Reference

    @property
    def stream(self) -> str:
        return inbox_stream(self.psp, self.capture_ref)


class InboxRefundReport(InboxMoneyReport):
    """A fact about money of the inbox on its way back. `submission_id` is what it was sent under; where it is left out,
    that is found by the provider's name of it, else it is the last that was sent by then."""

    refund_id: Id
    submission_id: Id | None = None
    psp_refund_ref: ReferenceOrNothing = ""
    amount: PositiveMoney

    def break_beside(self, item: InboxItem, *, kind: str, expected: str) -> Iterator[Event]:
        """The break of what contradicts what is remembered of the refund."""
        refs = {"refund_id": self.refund_id}
        yield from inbox_break(self, item, kind=kind, expected=expected, amount=self.amount, **refs)


def known_try(
    report: InboxRefundReport, item: InboxItem
) -> Generator[Event, None, tuple[InboxRefund | None, Try | None]]:
    """The refund and the try that are told of; where nobody decided it, or it was of another amount, a break."""
    refund = item.refunds.get(report.refund_id)
    told: Try | None = None
    if refund:
        theirs, at = report.psp_refund_ref, report.happened_at
        told = refund.told_of(submission_id=report.submission_id, psp_refund_ref=theirs, at=at)
    if refund is None or told is None:
        yield from report.break_beside(item, kind="refund_unknown", expected="no such refund")
        return None, None
    if refund.amount != report.amount:
        yield from report.break_beside(item, kind="amount_mismatch", expected=str(refund.amount))
        return None, None
    return refund, told


def names_of(report: InboxRefundReport, refund: InboxRefund, told: Try) -> dict[str, Any]:
    """What every event of a refund's outcome names."""
    return {
        "psp": refund.owed.psp,
        "capture_ref": refund.owed.capture_ref,
        "payment_id": refund.owed.payment_id,
        "amount": refund.amount,
        "refund_id": refund.refund_id,
        "submission_id": told.submission_id,
        "psp_refund_ref": report.psp_refund_ref,
    }


def paid_back(
    report: InboxRefundReport, refund: InboxRefund, told: Try, rate: Rate, *, at: datetime
) -> UnallocatedRefundPaid:
    """The payer has it: what we owed is settled against what the provider owes us."""
    base = rate.convert(refund.amount)
    return UnallocatedRefundPaid(
        **names_of(report, refund, told),
        carried=refund.base,
        book_rate=rate,
        base=base,
        fx=base - refund.base,
        happened_at=at,
    )


def came_back(
    report: InboxRefundReport,
    refund: InboxRefund,
    told: Try,
    rate: Rate,
    *,
    code: str,
    at: datetime,
    day: date | None = None,
) -> UnallocatedRefundReversed:
    """The provider owes us what it had paid back, and we owe it to the payer again."""
    base = rate.convert(refund.amount)
    return UnallocatedRefundReversed(
        **names_of(report, refund, told),
        code=code,
        carried=refund.base,
        book_rate=rate,
        base=base,
        fx=refund.base - base,
        happened_at=at,
        came_back_on=day,
    )


def with_what_nobody_is_owed(item: InboxItem, told: list[Event]) -> Iterator[Event]:
    """What happened, and beside it what is owed no more: its capture has failed, and no try to pay it back is under
    way."""
    yield from told
    later = item.after(*told)
    if later.has_failed:
        yield from (
            UnallocatedRefundOwedNoMore(**_owed(refund)) for refund in later.refunds.values() if refund.may_be_sent_anew
        )


def owed_again(refund: InboxRefund) -> Iterator[Event]:
    """What was owed no more is, where somebody has paid it all the same."""
    if refund.is_owed_no_more:
        yield UnallocatedRefundOwedAgain(**_owed(refund))


def _owed(refund: InboxRefund) -> dict[str, Any]:
    names = {name: getattr(refund.owed, name) for name in ("psp", "capture_ref", "payment_id")}
    return names | {"refund_id": refund.refund_id, "amount": refund.amount, "base": refund.base}


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
