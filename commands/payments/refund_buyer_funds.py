"""Approves the refund of captured money that pays for no order (P25)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.payments.free_funds import FundsBack, free_capture, given_back
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import BuyerFundsRefundApproved
from ledger.streams.orders.order import Order


class RefundBuyerFunds(FundsBack, name="refund_buyer_funds"):
    """Approves the refund of captured money that pays for nothing: too much, too late, or without its order (P25).

    Refused for money that is allocated to the order: use an after-sales case for it.
    """


def decide(command: RefundBuyerFunds, order: Order, rules: Rules) -> Iterator[Event]:
    yield BuyerFundsRefundApproved(**given_back(command, order, free_capture(command, order)))
