"""Noting that the bank has a payout's instruction."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.payouts.merchant_money import payout_of
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import PayoutSubmitted
from ledger.ids import Id, PayoutId, payouts_stream
from ledger.references import ReferenceOrNothing
from ledger.refusals.finance import PayoutIsOver
from ledger.streams.payouts import Payouts


class SubmitPayout(Command, name="submit_payout"):
    """The instruction went out; from here on only the bank can say what becomes of it."""

    merchant_id: Id
    payout_id: PayoutId
    bank_ref: ReferenceOrNothing = ""

    @property
    def stream(self) -> str:
        return payouts_stream(self.merchant_id)


def decide(command: SubmitPayout, payouts: Payouts, rules: Rules) -> Iterator[Event]:
    payout = payout_of(payouts, merchant_id=command.merchant_id, payout_id=command.payout_id)
    if payout.state == "submitted":
        return
    if not payout.is_in_flight:
        raise PayoutIsOver(payout_id=payout.id, state=payout.state)
    yield PayoutSubmitted(
        payout_id=payout.id,
        merchant_id=command.merchant_id,
        amount=payout.amount,
        account_ref=payout.account_ref,
        bank_ref=command.bank_ref,
        submitted_at=command.decided_at,
    )
