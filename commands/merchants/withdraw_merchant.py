"""Withdraws a merchant from the programme."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import MerchantWithdrawn
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.sealed import Sealed
from ledger.streams.merchants import Merchant


class WithdrawMerchant(MerchantCommand, name="withdraw_merchant"):
    """Withdraws a merchant from the programme: no new orders; open orders and its money are still settled.

    Refused if the merchant has neither applied nor enrolled.
    """

    reason: Reason
    note: Sealed[str] | None = None


def decide(command: WithdrawMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if merchant.enrolment == "withdrawn":
        return
    if merchant.enrolment not in ("requested", "enrolled", "suspended"):
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    yield MerchantWithdrawn(
        merchant_id=command.merchant_id, reason=command.reason, note=command.note, effective_at=command.decided_at
    )
