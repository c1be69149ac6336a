"""Saying that a fact of the inbox stands in its order's stream by now."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.reviewing import platform_only
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import InboxFactRouted
from ledger.finance_refusals import InboxItemNotFound
from ledger.ids import Id, inbox_stream, order_stream
from ledger.streams.reference_streams import InboxItem


class MarkFactRouted(Command, name="mark_fact_routed"):
    """The fact was reported to this order, so nobody has to look for it any more. Money is routed by a plan instead.

    A scan is taken to its parcel by itself once one travels under its number; a person says so of what only people
    can place, as a number that two parcels have.
    """

    system: Id
    reference: Id
    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return inbox_stream(self.system, self.reference)


def decide(command: MarkFactRouted, item: InboxItem, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    if item.capture is not None or not item.noted:
        raise InboxItemNotFound(source=command.system, reference=command.reference)
    if item.is_routed:
        return
    yield InboxFactRouted(
        system=command.system,
        reference=command.reference,
        streams=(order_stream(command.merchant_id, command.order_id),),
        routed_at=command.decided_at,
    )
