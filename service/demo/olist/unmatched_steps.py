"""Makes unmatched items of source data without a seller: orders without items, their payments, and payments of no
value.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from commands.command import Command
from commands.unmatched.report_unmatched_fact import ReportUnmatchedFact
from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from ledger.money import Money
from service.demo.olist.asker import IMPORTER, SYSTEM, named, notes_on, source_of
from service.demo.olist.captures import payment_name, provider
from service.demo.olist.folder import Folder
from service.demo.olist.orders import CURRENCIES, market_of
from service.demo.olist.rates import ImportRates
from service.demo.olist.reais import Reais
from service.demo.olist.source import SOURCE_ZONE, SourceCustomer, SourceOrder, SourcePayment
from service.demo.olist.step import Step, StepKind

NO_MONEY = "payment_without_money"


def unmatched_steps(order: SourceOrder, folder: Folder, rates: ImportRates) -> Iterator[Step]:
    """Yields the steps of an order without items: the order as a fact, and its payments at the rates of their days."""
    customer = folder.customers[order.customer_id]
    command_id = named(order.order_id, "unmatched")
    yield Step(
        order.purchased_at,
        StepKind.UNMATCHED_ORDER,
        command_id,
        partial(_order, command_id, order, customer),
        (order.row, customer.row),
    )
    currency = CURRENCIES[market_of(customer.unique_id)]
    day = order.paid_at.astimezone(SOURCE_ZONE).date()
    for payment in folder.payments.get(order.order_id, ()):
        yield _payment_step(order, payment, rates.in_local(payment.value, currency, day))


def no_money_step(order: SourceOrder, payment: SourcePayment, source_amount: Money, *suffix: str) -> Step:
    """Returns the note of a payment, or of a seller's part of it, that rounds to zero in the buyer's currency."""
    command_id = named(order.order_id, "payment", str(payment.sequential), *suffix)
    build = partial(_no_money, command_id, order, payment, source_amount)
    return Step(
        order.paid_at, StepKind.UNMATCHED_PAYMENT, command_id, build, (payment.row,), Reais(payments=source_amount)
    )


def _payment_step(order: SourceOrder, payment: SourcePayment, amount: Money) -> Step:
    if not amount:
        return no_money_step(order, payment, payment.value)
    command_id = named(order.order_id, "payment", str(payment.sequential))
    build = partial(_payment, command_id, order, payment, amount)
    return Step(
        order.paid_at, StepKind.UNMATCHED_PAYMENT, command_id, build, (payment.row,), Reais(payments=payment.value)
    )


def _order(command_id: str, order: SourceOrder, customer: SourceCustomer) -> Command:
    times = {
        "approved_at": order.approved_at,
        "handed_over_at": order.handed_over_at,
        "delivered_at": order.delivered_at,
        "estimated_at": order.estimated_at,
    }
    return ReportUnmatchedFact(
        id=command_id,
        actor=IMPORTER,
        source=source_of(order.row),
        occurred_at=order.purchased_at,
        correlation_id=order.order_id,
        system=SYSTEM,
        reference=order.order_id,
        kind="order_without_items",
        refs={"checkout_id": order.order_id, "buyer_ref": customer.unique_id},
        body={"status": order.status} | {name: at.isoformat() for name, at in times.items() if at},
    )


def _payment(command_id: str, order: SourceOrder, payment: SourcePayment, amount: Money) -> Command:
    return ReportUnmatchedPayment(
        id=command_id,
        actor=IMPORTER,
        source=source_of(payment.row, *notes_on(payment, order)),
        occurred_at=order.paid_at,
        correlation_id=order.order_id,
        psp=provider(payment),
        capture_ref=payment_name(payment),
        payment_id=payment_name(payment),
        amount=amount,
        refs={"checkout_id": order.order_id},
        source_amount=payment.value,
    )


def _no_money(command_id: str, order: SourceOrder, payment: SourcePayment, source_amount: Money) -> Command:
    return ReportUnmatchedFact(
        id=command_id,
        actor=IMPORTER,
        source=source_of(payment.row, *notes_on(payment, order)),
        occurred_at=order.paid_at,
        correlation_id=order.order_id,
        system=provider(payment),
        reference=command_id.removeprefix(named()),
        kind=NO_MONEY,
        refs={"checkout_id": order.order_id, "payment_id": payment_name(payment)},
        body={"source_amount": {"currency": source_amount.currency, "minor": source_amount.minor}},
    )
