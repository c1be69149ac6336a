"""Giving back captured money that pays for nothing: too much, too late, or for an order that never came (P25)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.payments.free_funds import FundsBack, free_capture, given_back
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.refunds import BuyerFundsRefundApproved
from ledger.streams.orders.order import Order


class RefundBuyerFunds(FundsBack, name="refund_buyer_funds"):
    """What belongs to the order is refunded by an after-sales case instead."""


def decide(command: RefundBuyerFunds, order: Order, rules: Rules) -> Iterator[Event]:
    yield BuyerFundsRefundApproved(**given_back(command, order, free_capture(command, order)))
