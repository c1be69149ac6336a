"""Shared parts of commands on unmatched money: its stream, its capture, and its refunds."""

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
from ledger.events.platform import UnmatchedPaymentCaptured
from ledger.events.platform_money import UnmatchedRefundPaid
from ledger.events.unmatched_money import (
    UnmatchedLiabilityExtinguished,
    UnmatchedLiabilityReinstated,
    UnmatchedRefundReversed,
)
from ledger.fx import Rate
from ledger.ids import Id, unmatched_stream
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.refusals.finance import ItemAlreadyMatched, UnmatchedItemNotFound
from ledger.streams.reference_data import UnmatchedItem
from ledger.streams.unmatched_refunds import FundsRefundAttempt, UnmatchedFundsRefund


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


class UnmatchedFundsRefundReport(UnmatchedMoneyReport):
    """A report on a refund of unmatched money.

    `attempt_id` is the attempt's id. The default is the attempt with the provider's reference, else the last one by
    then.
    """

    refund_id: Id
    attempt_id: Id | None = None
    psp_refund_ref: ReferenceOrNothing = ""
    amount: PositiveMoney

    def break_beside(self, item: UnmatchedItem, *, kind: str, expected: str) -> Iterator[Event]:
        """Opens a break between the known refund and the report."""
        refs = {"refund_id": self.refund_id}
        yield from unmatched_break(self, item, kind=kind, expected=expected, amount=self.amount, **refs)


def known_attempt(
    report: UnmatchedFundsRefundReport, item: UnmatchedItem
) -> Generator[Event, None, tuple[UnmatchedFundsRefund | None, FundsRefundAttempt | None]]:
    """Returns the refund and the attempt of the report, or opens a break if it is unknown or of another amount."""
    refund = item.refunds.get(report.refund_id)
    reported: FundsRefundAttempt | None = None
    if refund:
        theirs, at = report.psp_refund_ref, report.happened_at
        reported = refund.attempt_of_report(attempt_id=report.attempt_id, psp_refund_ref=theirs, at=at)
    if refund is None or reported is None:
        yield from report.break_beside(item, kind="refund_unknown", expected="no such refund")
        return None, None
    if refund.amount != report.amount:
        yield from report.break_beside(item, kind="amount_mismatch", expected=str(refund.amount))
        return None, None
    return refund, reported


def names_of(
    report: UnmatchedFundsRefundReport, refund: UnmatchedFundsRefund, reported: FundsRefundAttempt
) -> dict[str, Any]:
    """Returns the ids that every event of a refund's outcome carries."""
    return {
        "psp": refund.owed.psp,
        "capture_ref": refund.owed.capture_ref,
        "payment_id": refund.owed.payment_id,
        "amount": refund.amount,
        "refund_id": refund.refund_id,
        "attempt_id": reported.attempt_id,
        "psp_refund_ref": report.psp_refund_ref,
    }


def paid_back(
    report: UnmatchedFundsRefundReport,
    refund: UnmatchedFundsRefund,
    reported: FundsRefundAttempt,
    rate: Rate,
    *,
    at: datetime,
) -> UnmatchedRefundPaid:
    """Returns the payment: our debt to the payer is settled against the provider's debt to us."""
    base = rate.convert(refund.amount)
    return UnmatchedRefundPaid(
        **names_of(report, refund, reported),
        carried=refund.base,
        book_rate=rate,
        base=base,
        fx=base - refund.base,
        happened_at=at,
    )


def came_back(
    report: UnmatchedFundsRefundReport,
    refund: UnmatchedFundsRefund,
    reported: FundsRefundAttempt,
    rate: Rate,
    *,
    code: str,
    at: datetime,
    day: date | None = None,
) -> UnmatchedRefundReversed:
    """Returns the return: the provider owes us the money again, and we owe it to the payer again."""
    base = rate.convert(refund.amount)
    return UnmatchedRefundReversed(
        **names_of(report, refund, reported),
        code=code,
        carried=refund.base,
        book_rate=rate,
        base=base,
        fx=refund.base - base,
        happened_at=at,
        came_back_on=day,
    )


def with_extinguished_liability(item: UnmatchedItem, reported: list[Event]) -> Iterator[Event]:
    """Yields the events, and the end of refund liabilities if the capture failed and no attempt is open."""
    yield from reported
    later = item.after(*reported)
    if later.has_failed:
        yield from (
            UnmatchedLiabilityExtinguished(**_owed(refund))
            for refund in later.refunds.values()
            if refund.may_be_sent_anew
        )


def liability_reinstated(refund: UnmatchedFundsRefund) -> Iterator[Event]:
    """Yields the reinstatement if an extinguished refund was paid after all."""
    if refund.is_extinguished:
        yield UnmatchedLiabilityReinstated(**_owed(refund))


def _owed(refund: UnmatchedFundsRefund) -> dict[str, Any]:
    names = {name: getattr(refund.owed, name) for name in ("psp", "capture_ref", "payment_id")}
    return names | {"refund_id": refund.refund_id, "amount": refund.amount, "base": refund.base}


def unmatched_break(
    report: UnmatchedMoneyReport, item: UnmatchedItem, *, kind: str, expected: str, amount: Money, **refs: str
) -> Iterator[Event]:
    """Opens a break beside a fact, once."""
    about = {"psp": report.psp, "capture_ref": report.capture_ref, "amount": f"{amount.currency}{amount.minor}"}
    yield from break_once(
        item.breaks, kind=kind, expected=expected, actual=str(amount), refs=about | refs, at=report.decided_at
    )


def unmatched_stale(report: UnmatchedMoneyReport, item: UnmatchedItem, rate: Rate, rules: Rules) -> Iterator[Event]:
    """Opens a break for a fact booked at a rate older than a decision may use."""
    day, about = accounting_day(report.happened_at), {"psp": report.psp, "capture_ref": report.capture_ref}
    yield from stale_rate(item.breaks, rate, rules, day=day, at=report.decided_at, **about)
