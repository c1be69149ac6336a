"""How much of its money a buyer can still be given back: captured − refunded − pending − disputed (domain §3.1 (f))."""

from __future__ import annotations

from ledger.events.disputes import DisputeLost
from ledger.money import Money, total, within
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order
from ledger.streams.orders.payments import Capture
from ledger.streams.units.units import OrderUnits


def refundable(order: Order, *, beside: str = "") -> Money:
    """Of what was captured for the order, in the buyer's currency. `beside` is the case that is asking: it does not
    stand in its own way."""
    captures = [capture for capture in order.payments.captures.values() if _can_pay(order, capture)]
    contested = _contested(order, beside)
    captured = total([capture.allocated for capture in captures], order.currency)
    asked = total([_asked(case, order.currency) for case in order.cases.values() if case.id != beside], order.currency)
    disputed = total([disputed_of(order, capture) for capture in captures], order.currency)
    return captured - (asked - contested) - disputed


def _can_pay(order: Order, capture: Capture) -> bool:
    """False of a capture that failed, or in a currency that the order is not paid in: it is set aside."""
    return not capture.failed and capture.amount.currency == order.currency


def disputed_of(order: Order, capture: Capture) -> Money:
    """What of the order's money in a capture is at stake or lost in disputes; refunds that it covers aside."""
    claims = Money(0, capture.amount.currency)
    for dispute in order.disputes:
        if dispute.capture_ref == capture.capture_ref and dispute.amount.currency == claims.currency:
            covered = within(_covered(order, dispute.lost) if dispute.lost else capture.free, claims.currency)
            claims += max(claims * 0, dispute.claims - covered)
    return min(claims, capture.allocated)


def _covered(order: Order, lost: DisputeLost) -> Money:
    """What it took that is not the order's, or that a case asks for which still counts."""
    counted = [refund.amount for refund in lost.owed if order.cases[refund.refund_id].state != "expired"]
    return lost.unallocated + total(counted, lost.unallocated.currency)


def _asked(case: Case, currency: str) -> Money:
    """What a case gives back or may give back; money that never was the order's is not of the order's."""
    if case.capture_ref or case.state in ("rejected", "withdrawn", "expired"):
        return Money(0, currency)
    return case.money.amount if case.money else case.amount


def _contested(order: Order, beside: str) -> Money:
    """What open cases ask for units that the issuer may give the same money back for: it goes back once."""
    contested = 0
    for units in OrderUnits(order):
        for (dispute_id, case_id), qty in units.contested.items():
            case, dispute = order.cases[case_id], order.disputes.by_id[dispute_id]
            if case_id != beside and dispute.claims:
                of_line = [line for line in case.lines if line.line_id == units.line_id and line.qty]
                price = min(line.buyer_amount.minor // line.qty for line in of_line)
                contested += price * qty
    return Money(contested, order.currency)


def at_stake(order: Order, capture: Capture) -> Money:
    """What open disputes may still take of a capture, whoever's it is."""
    open_ = [d.claims for d in order.disputes if d.is_open and d.capture_ref == capture.capture_ref]
    return total([claim for claim in open_ if claim.currency == capture.amount.currency], capture.amount.currency)
