"""Turning down a merchant that has asked to enrol."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import Reason
from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import MerchantEnrolmentRejected
from ledger.refusals.catalogue import EnrolmentNotRequested
from ledger.sealed import Sealed
from ledger.streams.merchants import Merchant


class RejectMerchant(MerchantCommand, name="reject_merchant"):
    """The platform does not accept what the merchant asks for. It may ask again; one that is enrolled stays so."""

    reason: Reason
    note: Sealed[str] | None = None


def decide(command: RejectMerchant, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if merchant.enrolment == "rejected":
        return
    if merchant.asked is None:
        raise EnrolmentNotRequested(merchant_id=command.merchant_id, state=merchant.enrolment)
    yield MerchantEnrolmentRejected(
        merchant_id=command.merchant_id,
        markets=merchant.asked.markets,
        terms_version=merchant.asked.terms_version,
        reason=command.reason,
        note=command.note,
        reviewer=command.actor,
        effective_at=command.decided_at,
    )
