"""Switches a merchant's Express Refund on or off."""

from __future__ import annotations

from collections.abc import Iterator

from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import ExpressRefundDisabled, ExpressRefundEnabled
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant


class SetExpressRefund(MerchantCommand, name="set_express_refund"):
    """Switches Express Refund on or off. A request follows the setting at the time it was made (statement 26).

    Refused if the merchant is not in the programme.
    """

    enabled: bool


def decide(command: SetExpressRefund, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if not merchant.exists:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    if merchant.express_refund.is_on == command.enabled:
        return
    turned = ExpressRefundEnabled if command.enabled else ExpressRefundDisabled
    yield turned(merchant_id=command.merchant_id, effective_at=command.decided_at)
