"""Taking a payout back before the bank has it."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import Reason
from commands.payouts.merchant_money import payout_of
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import PayoutCancelled
from ledger.ids import Id, PayoutId, payouts_stream
from ledger.refusals.finance import PayoutAlreadySubmitted, PayoutIsOver
from ledger.streams.payouts import Payouts


class CancelPayout(Command, name="cancel_payout"):
    """The money is available again. What the bank has already is recalled there, and reported (domain §4.3)."""

    merchant_id: Id
    payout_id: PayoutId
    reason: Reason

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)


def decide(command: CancelPayout, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    payout = payout_of(payouts, merchant_id=command.merchant_id, payout_id=command.payout_id)
    if payout.state in ("submitted", "paid", "returned"):
        raise PayoutAlreadySubmitted(payout_id=payout.id, state=payout.state)
    if not payout.is_in_flight:
        raise PayoutIsOver(payout_id=payout.id, state=payout.state)
    yield PayoutCancelled(
        payout_id=payout.id,
        merchant_id=command.merchant_id,
        amount=payout.amount,
        account_ref=payout.account_ref,
        code=command.reason,
        cancelled_at=command.decided_at,
    )
