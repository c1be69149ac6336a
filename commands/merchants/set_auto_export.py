"""Switches a merchant's automatic export of new products on or off."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.merchants import AutoExportDisabled, AutoExportEnabled
from ledger.ids import Id, merchant_stream
from ledger.refusals.catalogue import MerchantNotEnrolled
from ledger.streams.merchants import Merchant


class SetAutoExport(Command, name="set_auto_export"):
    """Switches the automatic export of new products on or off. Earlier products keep their setting (statement 24).

    Refused if the merchant is not in the programme.
    """

    merchant_id: Id
    enabled: bool

    @property
    def stream(self) -> str:
        return merchant_stream(self.merchant_id)


def decide(command: SetAutoExport, merchant: Merchant, rules: Rules) -> Iterator[Event]:
    if not merchant.exists:
        raise MerchantNotEnrolled(merchant_id=command.merchant_id, state=merchant.enrolment)
    if merchant.auto_export.is_on == command.enabled:
        return
    turned = AutoExportEnabled if command.enabled else AutoExportDisabled
    yield turned(merchant_id=command.merchant_id, effective_at=command.decided_at)
