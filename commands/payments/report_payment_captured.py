"""A provider captures the buyer's money: it is booked at the day's rate, and allocated once it covers the order."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction, disputed_above, in_minor, without_rate
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.payments.confirmation import confirmed_by
from commands.payments.report_payment_failed import failed_capture
from commands.payments.report_payment_voided import contradicted_end
from commands.rates import flagged_if_stale, rate_of_fact
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentCaptured
from ledger.fx import Rate
from ledger.ids import Id, derived_id
from ledger.money import Money
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


class ReportPaymentCaptured(OrderReport, name="report_payment_captured"):
    """Records that a provider captured `amount` and owes it to us, also before the order is placed.

    `capture_ref` distinguishes captures of one payment. With `cumulative`, `amount` is the total of `capture_ref` so
    far: only the part beyond the recorded captures is new. A capture of a wrong amount or currency, or of a paid or
    cancelled order, opens a break.
    """

    payment_id: Reference
    psp: Id
    capture_ref: Reference
    psp_ref: ReferenceOrNothing = ""
    amount: PositiveMoney
    source_amount: Money | None = None
    cumulative: bool = False


def decide(report: ReportPaymentCaptured, order: Order, rules: Rules) -> Iterator[Event]:
    known = order.payments.captures.get(report.capture_ref) or _shown(report, order)
    amount = _further(report, known) if known else report.amount
    if known is not None and amount is None:
        yield from _reported_again(report, order, known)
        return
    assert amount is not None, "a capture that is not known is new as a whole"
    rate = rate_of_fact(report, rules, report.amount.currency)
    if rate is None:
        refs = {"capture_ref": report.capture_ref, "amount": in_minor(report.amount)}
        yield from without_rate(report, order, report.amount, **refs)
        return
    captured = _captured(report, amount, rate)
    yield captured
    yield from flagged_if_stale(report, order, rate, rules)
    yield from disputed_above(report, order.after(captured), report.capture_ref)
    if report.capture_ref in order.payments.failed_before:
        later = order.after(captured)
        yield failed_capture(report, later, later.payments.captures[report.capture_ref], code="failed_before_reported")
        return
    expected = _expected(report, amount, order)
    if expected:
        yield from _break(report, order, kind="unexpected_capture", expected=expected)
        return
    yield from contradicted_end(report, order.after(captured), report.payment_id)
    if order.placed and order.payments.allocation is None:
        yield from _allocated(report, order.after(captured), order)


def _reported_again(report: ReportPaymentCaptured, order: Order, known: Capture) -> Iterator[Event]:
    if known.psp != report.psp:
        yield from _break(report, order, kind="fact_contradicts_state", expected=f"the capture {known.psp} reported")
    elif known.amount != report.amount and not _is_older(report, known):
        yield from _break(report, order, kind="amount_mismatch", expected=str(known.amount))
    elif known.failed:
        yield from _break(report, order, kind="fact_contradicts_state", expected="a capture that failed")


def _shown(report: ReportPaymentCaptured, order: Order) -> Capture | None:
    """Returns the capture of this payment that a settlement has shown, under another reference."""
    of_it = (c for c in order.payments.captures.values() if (c.payment_id, c.psp) == (report.payment_id, report.psp))
    return next((capture for capture in of_it if capture.is_shown), None)


def _further(report: ReportPaymentCaptured, known: Capture) -> Money | None:
    """Returns the part of a cumulative amount that is not recorded yet, or None."""
    is_of_it = report.cumulative and known.psp == report.psp and not known.failed
    if not is_of_it or known.amount.currency != report.amount.currency or not known.amount < report.amount:
        return None
    return report.amount - known.amount


def _is_older(report: ReportPaymentCaptured, known: Capture) -> bool:
    """True if the report has a cumulative amount from before the last recorded capture."""
    return report.cumulative and known.amount.currency == report.amount.currency and report.amount < known.amount


def _expected(report: ReportPaymentCaptured, amount: Money, order: Order) -> str:
    """Returns the text of what was expected instead of this capture, or '' if the capture is valid (domain §4.3)."""
    if order.placed and report.amount.currency != order.currency:
        return order.currency
    if order.cancelled or order.expired:
        return f"no payment: the order is {order.status}"
    hold = order.payments.authorizations.get(report.payment_id)
    if hold and not hold.holds_at(report.happened_at):
        return "no capture: the authorisation is no longer held"
    if hold and hold.state == "authorized" and hold.amount.currency == report.amount.currency:
        before = order.payments.captured_of(report.payment_id, report.amount.currency)
        if hold.amount < before + amount:
            return f"at most {hold.amount - before}"
    return "no more: the order is paid" if order.payments.allocation else ""


def _allocated(report: ReportPaymentCaptured, later: Order, order: Order) -> Iterator[Event]:
    assert order.placed is not None, "only a placed order can be paid"
    quantities = {line_id: book.live for line_id, book in order.lines.items()}
    yield from confirmed_by(order.placed, quantities, later.payments.usable(order.currency), report, order)


def _captured(report: ReportPaymentCaptured, amount: Money, rate: Rate) -> PaymentCaptured:
    return PaymentCaptured(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        capture_ref=report.capture_ref,
        psp_ref=report.psp_ref,
        captured_at=report.happened_at,
        amount=amount,
        book_rate=rate,
        base=rate.convert(amount),
        source_amount=report.source_amount,
    )


def _break(report: ReportPaymentCaptured, order: Order, *, kind: str, expected: str) -> Iterator[Event]:
    yield from contradiction(
        report,
        order,
        kind=kind,
        expected=expected,
        actual=str(report.amount),
        capture_ref=report.capture_ref,
        amount=in_minor(report.amount),
    )


def report_id(*, psp: str, capture_ref: str, order_id: str, amount: Money) -> str:
    """Returns the command id for a capture, independent of the id of the provider's message.

    Providers report at least once, also under new ids. Each repeated report gets the first answer (acceptance scenario
    2). Another amount gets another id.
    """
    return derived_id("capture", psp, capture_ref, order_id, in_minor(amount))
