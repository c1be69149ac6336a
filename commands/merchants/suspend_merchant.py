"""Stopping a merchant's new orders for a while."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import MerchantSuspended
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.sealed import Sealed
from ledger.streams.merchants import Merchant


class SuspendMerchant(MerchantCommand, name="suspend_merchant"):
    """The platform stops the merchant's new orders; open ones run off."""

    reason: Reason
    note: Sealed[str] | None = None


def decide(command: SuspendMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if merchant.enrolment == "suspended":
        return
    if not merchant.is_enrolled:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    yield MerchantSuspended(
        merchant_id=command.merchant_id, reason=command.reason, note=command.note, effective_at=command.decided_at
    )
