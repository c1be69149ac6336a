"""Charges that a reviewer refunds: an amount for each type, at most the rest of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from commands.fields import PositiveMoney
from commands.requested_amounts import expect_within
from commands.rules import Rules
from ledger.events.orders import ChargeType
from ledger.events.payments import AllocatedCharge
from ledger.policies.order_charges import OrderCharges as Policy
from ledger.refusals.after_sales import ChargeNotFound, ChargeNotRefundable
from ledger.streams.amounts.charges import OrderCharges
from ledger.streams.orders.order import Order


class ChargeAmount(BaseModel):
    """The refunded amount of one type of charge, in the buyer's currency."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: ChargeType
    amount: PositiveMoney


def _each_once(charges: Iterable[ChargeAmount]) -> tuple[ChargeAmount, ...]:
    named = tuple(charges)
    if len({charge.type for charge in named}) != len(named):
        raise ValueError("name each type of charge once")
    return named


ChargeAmounts = Annotated[tuple[ChargeAmount, ...], AfterValidator(_each_once)]


def granted(order: Order, amounts: Iterable[ChargeAmount], rules: Rules) -> tuple[AllocatedCharge, ...]:
    """Returns the charges that a reviewer refunds.

    Raises `ChargeNotRefundable`, `ChargeNotFound`, and as `expect_within`.
    """
    charges = OrderCharges(order)
    given: list[AllocatedCharge] = []
    for charge in amounts:
        if charge.type == "shipping" and rules.policy(Policy).shipping == "never":
            raise ChargeNotRefundable(type=charge.type, policy=Policy.key)
        if charge.type not in charges.types:
            raise ChargeNotFound(order_id=order.order_id, type=charge.type, charges=charges.types)
        expect_within(charge.amount, charges.left(charge.type), what=f"the {charge.type} of order {order.order_id}")
        given += charges.part(charge.type, charge.amount)
    return tuple(given)
