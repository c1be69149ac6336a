"""Stopping a merchant's new orders for a while."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.fields import Reason
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import MerchantSuspended
from ledger.ids import Id, merchant_stream
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.sealed import Sealed
from ledger.streams.merchants import Merchant


class SuspendMerchant(Command, name="suspend_merchant"):
    """The platform stops the merchant's new orders; open ones run off."""

    merchant_id: Id
    reason: Reason
    note: Sealed[str] | None = None

    @property
    def stream(self) -> str:
        return merchant_stream(self.merchant_id)


def decide(command: SuspendMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if merchant.enrolment == "suspended":
        return
    if not merchant.is_enrolled:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    yield MerchantSuspended(
        merchant_id=command.merchant_id, reason=command.reason, note=command.note, effective_at=command.decided_at
    )
