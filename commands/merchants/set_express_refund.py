"""Switches a merchant's Express Refund on or off."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import ExpressRefundDisabled, ExpressRefundEnabled
from ledger.ids import Id, merchant_stream
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant


class SetExpressRefund(Command, name="set_express_refund"):
    """Switches Express Refund on or off. A request follows the setting at the time it was made (statement 26).

    Refused if the merchant is not in the programme.
    """

    merchant_id: Id
    enabled: bool

    @property
    def stream(self) -> str:
        return merchant_stream(self.merchant_id)


def decide(command: SetExpressRefund, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if not merchant.exists:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    if merchant.express_refund.is_on == command.enabled:
        return
    turned = ExpressRefundEnabled if command.enabled else ExpressRefundDisabled
    yield turned(merchant_id=command.merchant_id, effective_at=command.decided_at)
