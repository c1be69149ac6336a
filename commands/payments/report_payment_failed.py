"""A payment fails: before a capture it is declined, and a recorded capture is undone."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.explanations import A_CAPTURE_THAT_FAILED
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from commands.payments.confirmation import confirmed_by
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.payments import PaymentCaptureFailed, PaymentDeclined
from ledger.fx import CNY, NO_CNY
from ledger.ids import Id
from ledger.money import split, total
from ledger.references import Reference, ReferenceOrNothing
from ledger.streams.amounts.never_paid import never_paid
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture


class ReportPaymentFailed(OrderReport, name="report_payment_failed"):
    """Records a declined payment, or with `capture_ref` undoes a capture that failed after all.

    Another amount, an unknown capture, or a failure after the goods have left opens a break; the platform then bears
    it.
    """

    payment_id: Reference
    psp: Id
    psp_ref: ReferenceOrNothing = ""
    capture_ref: Reference | None = None
    amount: PositiveMoney
    code: str


def decide(report: ReportPaymentFailed, order: Order, rules: Rules) -> Iterator[Event]:
    capture = order.payments.captures.get(report.capture_ref) if report.capture_ref else None
    if capture is None:
        yield from _declined(report, order)
    elif capture.amount != report.amount:
        yield from _break(report, order, kind="amount_mismatch", expected=str(capture.amount))
    elif not capture.failed:
        failed = failed_capture(report, order, capture, code=report.code)
        yield failed
        yield from _consequence(report, order, failed)


def _declined(report: ReportPaymentFailed, order: Order) -> Iterator[Event]:
    hold = order.payments.authorizations.get(report.payment_id)
    if hold and hold.state == "declined" and hold.amount == report.amount and report.capture_ref is None:
        return
    yield PaymentDeclined(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=report.payment_id,
        psp=report.psp,
        psp_ref=report.psp_ref,
        amount=report.amount,
        code=report.code,
    )
    if report.capture_ref:
        yield from _break(report, order, kind="fact_contradicts_state", expected=A_CAPTURE_THAT_FAILED)


def failed_capture(report: OrderReport, order: Order, capture: Capture, *, code: str) -> PaymentCaptureFailed:
    """Returns the event with the undone allocation and the loss that cannot be undone."""
    undone = order.payments.allocation if capture.allocated and not _is_under_way(order) else None
    left = capture.amount - capture.given_back if undone else capture.free
    left_base = capture.base - capture.given_back_base if undone else capture.free_base
    owed = tuple(never_paid(order, capture, undone=undone is not None))
    cleared = total([refund.amount for refund in owed], capture.amount.currency)
    lost = capture.amount - left - cleared
    lost_base = split(capture.base - left_base, [cleared.minor, lost.minor])[1] if lost or cleared else NO_CNY
    return PaymentCaptureFailed(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=capture.payment_id,
        psp=capture.psp,
        capture_ref=capture.capture_ref,
        code=code,
        amount=capture.amount,
        base=capture.base,
        unallocated=left,
        unallocated_base=left_base,
        borne_by_platform=bool(lost),
        owed=owed,
        fx=capture.base - left_base - lost_base - total([refund.carried for refund in owed], CNY),
        undone=undone,
    )


def _is_under_way(order: Order) -> bool:
    """True if goods have left, money was released, a refund approved or a dispute lost: the sale cannot be undone."""
    if any(dispute.lost for dispute in order.disputes):
        return True
    if any(case.given and not case.capture_ref for case in order.cases.values()):
        return True
    for line_id, book in order.lines.items():
        if book.refunded or any(units.released for units in book.places.values()):
            return True
        if any(journey.has_left for journey in order.parcels.journeys(line_id)):
            return True
    return False


def _consequence(report: ReportPaymentFailed, order: Order, failed: PaymentCaptureFailed) -> Iterator[Event]:
    """Lets other captures pay for the order. Opens a break if the platform bears the loss."""
    if failed.borne_by_platform:
        yield from _break(report, order, kind="fact_contradicts_state", expected=f"a paid order, {order.status}")
    if failed.undone and order.placed:
        later = order.after(failed)
        quantities = {line_id: book.live for line_id, book in later.lines.items()}
        captures = later.payments.usable(later.currency)
        yield from confirmed_by(order.placed, quantities, captures, report, order)


def _break(report: ReportPaymentFailed, order: Order, *, kind: str, expected: str) -> Iterator[Event]:
    yield from contradiction(
        report,
        order,
        kind=kind,
        expected=expected,
        actual=f"{report.amount} failed: {report.code}",
        capture_ref=report.capture_ref or "",
        fact=report.name,
    )
