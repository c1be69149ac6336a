"""Switches a merchant's automatic export of new products on or off."""

from __future__ import annotations

from collections.abc import Iterator

from commands.merchants.merchant_command import MerchantCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import AutoExportDisabled, AutoExportEnabled
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant


class SetAutoExport(MerchantCommand, name="set_auto_export"):
    """Switches the automatic export of new products on or off. Earlier products keep their setting (statement 24).

    Refused if the merchant is not in the programme.
    """

    enabled: bool


def decide(command: SetAutoExport, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if not merchant.exists:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    if merchant.auto_export.is_on == command.enabled:
        return
    turned = AutoExportEnabled if command.enabled else AutoExportDisabled
    yield turned(merchant_id=command.merchant_id, effective_at=command.decided_at)
