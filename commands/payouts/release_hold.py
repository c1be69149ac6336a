"""Giving a merchant back what was held of its available money."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney
from commands.payouts.merchant_money import MerchantMoneyCommand, in_cny
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import HoldReleased
from ledger.ids import Id
from ledger.refusals.finance import HoldExceeded, HoldNotFound
from ledger.streams.payouts import Payouts


class ReleaseHold(MerchantMoneyCommand, name="release_hold"):
    """All that the hold still keeps back is available again, or `amount` of it."""

    hold_id: Id
    amount: PositiveMoney | None = None


def decide(command: ReleaseHold, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    hold = payouts.holds.get(command.hold_id)
    if hold is None or not hold.amount:
        raise HoldNotFound(merchant_id=command.merchant_id, hold_id=command.hold_id)
    amount = in_cny(command.amount or hold.amount)
    if hold.amount < amount:
        raise HoldExceeded(hold_id=hold.id, asked=str(amount), held=str(hold.amount))
    yield HoldReleased(
        hold_id=hold.id,
        merchant_id=command.merchant_id,
        order_id=hold.order_id,
        line_id=hold.line_id,
        amount=amount,
        held_from="available",
        reason=hold.reason,
        hold_released_at=command.decided_at,
    )
