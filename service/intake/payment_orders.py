"""Records the payment orders that were written for the bank, and finds their payouts again."""

from __future__ import annotations

from commands.payouts.record_payment_order import RecordPaymentOrder
from ledger.events.files import OrderedPayout
from ledger.ids import PLATFORM_BOOK, command_id, payment_order_stream
from ledger.references import reference_key
from ledger.streams.files import PaymentOrder as WrittenOrder
from ledger.streams.loader import load_stream
from service.app import App
from service.exports.pain001 import PaymentOrder
from service.failures import ServiceFailure
from service.partner_reports.rows import IMPORTER

_PART = 2_000  # payouts of one event


def record_order(app: App, order: PaymentOrder) -> None:
    """Records the payouts of a message. The same message again changes nothing. Raises `ServiceFailure`."""
    stream = payment_order_stream(order.message_id)
    parts = [order.payouts[start : start + _PART] for start in range(0, len(order.payouts), _PART)]
    commands = [
        RecordPaymentOrder(
            id=command_id("payment_order", stream, str(number)),
            actor=IMPORTER,
            message_id=order.message_id,
            payouts=tuple(OrderedPayout(merchant_id=each.merchant, payout_id=each.payout_id) for each in part),
        )
        for number, part in enumerate(parts)
    ]
    if failed := next((each for each in app.bus.submit(commands) if not each.is_accepted), None):
        raise ServiceFailure(f"The payment order {order.message_id} was not recorded: {failed.sentence}")


def payouts_of(app: App, message_id: str) -> tuple[str, ...]:
    """Returns the payouts of a message that was written for the bank; none if the message is not known."""
    stream = payment_order_stream(reference_key(message_id))
    return tuple(load_stream(app.ledger.reader, PLATFORM_BOOK, stream, WrittenOrder).merchants)
