"""Keeping some of a merchant's available money back."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney, Reason
from commands.payouts.merchant_money import MerchantMoneyCommand, available, in_cny, owed
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import SettlementHeld
from ledger.fx import CNY
from ledger.ids import Id
from ledger.money import Money
from ledger.refusals.catalogue import InsufficientAvailable
from ledger.refusals.finance import HoldIdTaken
from ledger.streams.payouts import Payouts


class HoldSettlement(MerchantMoneyCommand, name="hold_settlement"):
    """Money that was released is not paid out for now. It may be about an order, or about one of its lines."""

    hold_id: Id
    amount: PositiveMoney
    reason: Reason
    order_id: Id | None = None
    line_id: Id | None = None


def decide(command: HoldSettlement, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    if command.hold_id in payouts.holds:
        raise HoldIdTaken(hold_id=command.hold_id)
    amount, there, zero = in_cny(command.amount), available(command, rules), Money.zero(CNY)
    if there < amount:
        raise InsufficientAvailable(what="hold", asked=str(amount), available=str(max(there, zero)), **owed(there))
    yield SettlementHeld(
        hold_id=command.hold_id,
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        line_id=command.line_id,
        amount=amount,
        held_from="available",
        reason=command.reason,
        held_at=command.decided_at,
    )
