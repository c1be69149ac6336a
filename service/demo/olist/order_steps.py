"""Makes the steps of one source order: placed, paid, handed over, delivered, cancelled and released."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from commands.command import Command
from commands.orders.place_order import PlaceOrder
from commands.payments.report_payment_captured import ReportPaymentCaptured
from ledger.events.orders import Channel, Charge, OrderLine
from ledger.policies.release import Release
from service.demo.olist.asker import IMPORTER, named, notes_on, source_of
from service.demo.olist.captures import CapturePart, payment_name, provider, shares
from service.demo.olist.ending_steps import ending_steps
from service.demo.olist.folder import Folder
from service.demo.olist.orders import LOCALE, MerchantOrder
from service.demo.olist.parcel_steps import parcel_steps
from service.demo.olist.reais import Reais
from service.demo.olist.source import SourceOrder, SourcePayment
from service.demo.olist.step import Step, StepKind
from service.demo.olist.unmatched_steps import no_money_step

_CHANNEL = Channel(type="store")  # the source's orders come from shops, none from posts or live streams


def order_steps(orders: Sequence[MerchantOrder], folder: Folder, release: Release) -> Iterator[Step]:
    """Yields the steps of a source order's merchant orders. Each names its source rows, as soon as all of a row is
    used.
    """
    payments = folder.payments.get(orders[0].source.order_id, ())
    parts = shares(payments, orders)
    for order in orders:
        yield _placed(order, folder)
        for part in parts[order.order_id]:
            yield _captured(order, part)
        yield from parcel_steps(order)
        yield from ending_steps(order, release)


def _placed(order: MerchantOrder, folder: Folder) -> Step:
    command_id = named(order.order_id, "place")
    customer = folder.customers[order.source.customer_id]
    rows = (order.source.row, customer.row, *order.rows)
    return Step(
        order.source.purchased_at, StepKind.ORDER, command_id, partial(_place, command_id, order), rows, order.reais
    )


def _captured(order: MerchantOrder, part: CapturePart) -> Step:
    payment = part.payment
    if not part.amount:
        return no_money_step(order.source, payment, part.source_amount, order.merchant_id[:8])
    command_id = named(order.order_id, "capture", str(payment.sequential))
    build = partial(_capture, command_id, order, part)
    return Step(
        order.source.paid_at, StepKind.CAPTURE, command_id, build, (payment.row,), Reais(payments=part.source_amount)
    )


def _place(command_id: str, order: MerchantOrder) -> Command:
    source = order.source
    return PlaceOrder(
        id=command_id,
        actor=IMPORTER,
        source=source_of(source.row, *_unplaced_facts(source)),
        occurred_at=source.purchased_at,
        correlation_id=source.order_id,
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        checkout_id=source.order_id,
        market=order.market,
        buyer_ref=order.buyer_ref,
        # No address is sealed: the market is assigned, and the source's address in Brazil would contradict it.
        ship_to_ref=source.customer_id,
        channel=_CHANNEL,
        lines=tuple(
            OrderLine(
                line_id=line.line_id,
                product_id=line.product_id,
                qty=line.qty,
                unit_list=line.unit_list,
                unit_reference=line.unit_reference,
                title_source=line.title_source,
                title_shown=line.title_shown,
                locale=LOCALE,
                source_price=line.source_price,
            )
            for line in order.lines
        ),
        charges=(Charge(type="shipping", amount=order.shipping, borne_by="buyer", source_amount=order.freight),),
        list_total=order.list_total,
        buyer_total=order.buyer_total,
        reference_rate=order.reference_rate,
        promised_warehouse_by=order.ship_by,
    )


def _unplaced_facts(source: SourceOrder) -> Iterator[str]:
    """Yields the facts of the row for which an order has no field."""
    yield f"status={source.status}"
    if source.estimated_at:
        yield f"estimated={source.estimated_at.isoformat()}"


def _capture(command_id: str, order: MerchantOrder, part: CapturePart) -> Command:
    payment: SourcePayment = part.payment
    return ReportPaymentCaptured(
        id=command_id,
        actor=IMPORTER,
        source=source_of(payment.row, *notes_on(payment, order.source)),
        occurred_at=order.source.paid_at,
        correlation_id=order.source.order_id,
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        payment_id=payment_name(payment),
        psp=provider(payment),
        capture_ref=payment_name(payment),
        amount=part.amount,
        source_amount=part.source_amount,
    )
