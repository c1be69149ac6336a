"""Recording the payouts of a payment order, so that the bank can answer for the whole message."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.command import Command
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.files import OrderedPayout, PaymentOrderWritten
from ledger.ids import Id, payment_order_stream
from ledger.streams.files import PaymentOrder


class RecordPaymentOrder(Command, name="record_payment_order"):
    """A payment order with these payouts was written for the bank. Payouts that are recorded already are nothing new.

    It does not say that the bank has the order: `submit_payout` does.
    """

    message_id: Id
    payouts: Annotated[tuple[OrderedPayout, ...], Field(min_length=1)]

    @property
    def stream(self) -> str:
        return payment_order_stream(self.message_id)


def decide(command: RecordPaymentOrder, order: PaymentOrder, rules: Rules) -> Iterator[Event]:
    new = tuple(each for each in command.payouts if each.payout_id not in order.merchants)
    if new:
        yield PaymentOrderWritten(message_id=command.message_id, payouts=new, written_at=command.decided_at)
