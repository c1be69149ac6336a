"""Pays a refund from the platform's bank if no provider can pay it; it takes two people."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney, RawText, Reason
from commands.order_command import OrderCommand
from commands.rates import book_rate
from commands.refunds.payable_cases import payable_case
from commands.requested_amounts import expect_within
from commands.rules import Rules
from commands.two_people import TwoPersonCommand
from ledger.events.event import Event
from ledger.events.refunds import RefundPaidByAlternative
from ledger.ids import Id
from ledger.money import Money, share
from ledger.refusals.catalogue import AlreadySubmitted
from ledger.streams.orders.cases import Case
from ledger.streams.orders.order import Order


class PayRefundByAlternative(OrderCommand, TwoPersonCommand, name="pay_refund_by_alternative"):
    """Pays an approved refund from our own bank. The default of `amount` is all that is not submitted.

    Takes two people: the proposer prepares the payment. Refused if the case is not payable, everything is submitted to
    providers, or the amount is more than the rest.
    """

    refund_id: Id
    method: Reason
    reference: RawText
    amount: PositiveMoney | None = None


def decide(command: PayRefundByAlternative, order: Order, rules: Rules) -> Iterator[Event]:
    case = payable_case(order, command.refund_id)
    amount = _amount(command, case)
    assert case.money is not None, "only an approved case is paid"
    rate = book_rate(command, rules, amount.currency)
    upto, of = (case.paid + amount).minor, case.money.amount.minor
    carried, base = share(case.money.base, upto=upto, of=of, already=case.carried), rate.convert(amount)
    yield RefundPaidByAlternative(
        merchant_id=order.merchant_id,
        order_id=order.order_id,
        refund_id=case.id,
        method=command.method,
        reference=command.reference,
        proposer=command.proposal.proposer.id,
        approver=command.actor.id,
        amount=amount,
        book_rate=rate,
        base=base,
        carried=carried,
        fx=base - carried,
    )


def _amount(command: PayRefundByAlternative, case: Case) -> Money:
    left = case.unsubmitted
    if not left:
        raise AlreadySubmitted(refund_id=case.id)
    return expect_within(command.amount, left, what=f"refund {case.id}")
