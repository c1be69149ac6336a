"""Letting a suspended merchant sell again."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import MerchantReinstated
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.sealed import Sealed
from ledger.streams.merchants import Merchant


class ReinstateMerchant(MerchantCommand, name="reinstate_merchant"):
    """The platform lets the merchant take orders again."""

    reason: Reason
    note: Sealed[str] | None = None


def decide(command: ReinstateMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if merchant.enrolment == "enrolled":
        return
    if merchant.enrolment != "suspended":
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    yield MerchantReinstated(
        merchant_id=command.merchant_id, reason=command.reason, note=command.note, effective_at=command.decided_at
    )
