"""A payment failed: before capture it is declined, and a capture that was recorded is undone."""

from __future__ import annotations

from collections.abc import Iterator

from commands.order_commands import OrderReport, confirmed_by, contradiction, flagged_if_future
from commands.rules import Rules
from commands.shapes import PositiveMoney
from ledger.events.event import Event
from ledger.events.payment import PaymentCaptureFailed, PaymentDeclined
from ledger.ids import Id
from ledger.streams.order import Order
from ledger.streams.order_payments import Capture
from ledger.streams.order_quantities import has_left


class ReportPaymentFailed(OrderReport, name="report_payment_failed"):
    """`capture_ref` names the capture that did not happen after all; without it nothing was captured yet."""

    payment_id: Id
    psp: Id
    psp_ref: str = ""
    capture_ref: Id | None = None
    amount: PositiveMoney
    code: str


def decide(report: ReportPaymentFailed, order: Order, rules: Rules) -> Iterator[Event]:
    capture = order.payments.captures.get(report.capture_ref) if report.capture_ref else None
    if capture is None:
        yield from _declined(report, order)
    elif capture.amount != report.amount:
        yield from _break(report, order, kind="amount_mismatch", expected=str(capture.amount))
    elif not capture.failed:
        failed = _failed(report, order, capture)
        yield failed
        yield from flagged_if_future(report, order, capture_ref=capture.capture_ref)
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
    yield from flagged_if_future(report, order, payment_id=report.payment_id)
    if report.capture_ref:
        yield from _break(report, order, kind="fact_contradicts_state", expected="a capture that is known")


def _failed(report: ReportPaymentFailed, order: Order, capture: Capture) -> PaymentCaptureFailed:
    undone = order.payments.allocation if capture.allocated and not _is_under_way(order) else None
    borne = bool(capture.given_back) or (bool(capture.allocated) and undone is None)
    return PaymentCaptureFailed(
        merchant_id=report.merchant_id,
        order_id=report.order_id,
        payment_id=capture.payment_id,
        psp=capture.psp,
        capture_ref=capture.capture_ref,
        code=report.code,
        amount=capture.amount,
        base=capture.base,
        unallocated=capture.amount - capture.given_back if undone else capture.free,
        unallocated_base=capture.base - capture.given_back_base if undone else capture.free_base,
        borne_by_platform=borne,
        undone=undone,
    )


def _is_under_way(order: Order) -> bool:
    """Whether goods have left, money was released or a refund approved, or a dispute lost: then the sale can no longer
    be undone."""
    if any(dispute.lost for dispute in order.disputes):
        return True
    for line_id, book in order.lines.items():
        if book.refunded or any(units.released for units in book.places.values()):
            return True
        if any(has_left(journey) for journey in order.parcels.journeys(line_id)):
            return True
    return False


def _consequence(report: ReportPaymentFailed, order: Order, failed: PaymentCaptureFailed) -> Iterator[Event]:
    """Other captures may pay for the order instead; where the platform bears it, somebody must look."""
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
