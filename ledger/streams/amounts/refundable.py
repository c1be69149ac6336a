"""The money that can still be refunded: captured − refunded − pending − disputed (domain §3.1 (f))."""

from __future__ import annotations

from collections import Counter

from ledger.events.disputes import DisputeLost
from ledger.folds.unit_claims import taken
from ledger.money import Money, total, within
from ledger.streams.amounts.dispute_shares import owed_refunds
from ledger.streams.orders.cases import Case
from ledger.streams.orders.disputes import Dispute
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture
from ledger.streams.units.units import OrderUnits


def refundable(order: Order, *, beside: str = "") -> Money:
    """Returns the refundable part of the order's captured money, in the buyer's currency. `beside` is the case that
    makes the request; its own amount is not subtracted."""
    captures = [capture for capture in order.payments.captures.values() if _can_pay(order, capture)]
    contested = _contested(order, beside)
    captured = total([capture.allocated for capture in captures], order.currency)
    asked = total([_asked(case, order.currency) for case in order.cases.values() if case.id != beside], order.currency)
    disputed = total([disputed_of(order, capture) for capture in captures], order.currency)
    return captured - (asked - contested) - disputed


def _can_pay(order: Order, capture: Capture) -> bool:
    """False for a failed capture, and for one in another currency than the order's, which is set aside."""
    return not capture.failed and capture.amount.currency == order.currency


def disputed_of(order: Order, capture: Capture) -> Money:
    """Returns the order's money in a capture that is disputed or lost, without refunds that the dispute covers."""
    claims = Money(0, capture.amount.currency)
    for dispute in order.disputes:
        if dispute.capture_ref == capture.capture_ref and dispute.amount.currency == claims.currency:
            claims += _of_the_order(order, dispute, capture)
    return min(claims, capture.allocated)


def _of_the_order(order: Order, dispute: Dispute, capture: Capture) -> Money:
    """Returns the part of a dispute's claims that is the order's money in the capture."""
    covered = within(_covered(order, dispute.lost) if dispute.lost else capture.free, dispute.claims.currency)
    return max(dispute.claims * 0, dispute.claims - covered)


def _covered(order: Order, lost: DisputeLost) -> Money:
    """Returns the part of the loss that was not the order's, or that a case which still counts asks for."""
    counted = [refund.amount for refund in lost.owed if order.cases[refund.refund_id].state != "expired"]
    return lost.unallocated + total(counted, lost.unallocated.currency)


def _asked(case: Case, currency: str) -> Money:
    """Returns the amount that a case gives back or may give back; zero for money that never was the order's."""
    if case.capture_ref or case.state in ("rejected", "withdrawn", "expired"):
        return Money(0, currency)
    return case.money.amount if case.money else case.amount


def _contested(order: Order, beside: str) -> Money:
    """Returns the money of cases whose units a dispute concerns or has taken: it goes back only once."""
    asked, there, disputed = Counter[tuple[str, str]](), Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for case in order.cases.values():
        for line in case.lines if case.is_open and case.id != beside else ():
            asked[case.id, line.line_id] += line.qty
    order_units = OrderUnits(order)
    for units in order_units:
        for case_id, qty in taken(Counter(units.asked), units.qty).items():
            there[case_id, units.line_id] += qty
        for (dispute_id, case_id), qty in units.contested.items():
            disputed[case_id, units.line_id] += qty if order.disputes.by_id[dispute_id].claims else 0
    back = (asked - there) + (asked & disputed)
    open_ = Money(sum(_price(order.cases[id], line_id) * qty for (id, line_id), qty in back.items()), order.currency)
    return open_ + _owed_by_disputes(order, order_units, beside)


def _owed_by_disputes(order: Order, units: OrderUnits, beside: str) -> Money:
    """Returns the part of approved refunds that is not submitted because of an open dispute: once the dispute is lost,
    the buyer has it by the dispute."""
    found = dict[str, Money]()
    for dispute in order.disputes:
        capture = order.payments.captures.get(dispute.capture_ref)
        if not dispute.is_open or capture is None or dispute.claims.currency != order.currency:
            continue
        for refund in owed_refunds(order, units, dispute, _of_the_order(order, dispute, capture)):
            if refund.refund_id != beside:
                found[refund.refund_id] = max(refund.amount, found.get(refund.refund_id, refund.amount))
    return total([*found.values()], order.currency)


def _price(case: Case, line_id: str) -> int:
    """Returns the price that the case asks for one unit, in minor units of the buyer's currency."""
    return min(line.buyer_amount.minor // line.qty for line in case.lines if line.line_id == line_id and line.qty)


def at_stake(order: Order, capture: Capture) -> Money:
    """Returns the part of a capture that open disputes may still take, whoever owns it."""
    open_ = [d.claims for d in order.disputes if d.is_open and d.capture_ref == capture.capture_ref]
    return total([claim for claim in open_ if claim.currency == capture.amount.currency], capture.amount.currency)
