"""Saying which order a fact of the inbox that moved no money there is about."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.reviewing import platform_only
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import InboxFactRouted
from ledger.finance_refusals import InboxAlreadyRouted, InboxItemNotFound
from ledger.ids import Id, inbox_stream, order_stream
from ledger.streams.reference_streams import InboxItem


class RouteInboxFact(Command, name="route_inbox_fact"):
    """What was noted is reported to the order first, where it can be: `service.inbox_facts` does both. Money is routed
    by `route_inbox_payment`, and what was noted of it goes with it."""

    system: Id
    reference: Id
    merchant_id: Id
    order_id: Id

    @property
    def stream(self) -> str:
        return inbox_stream(self.system, self.reference)


def decide(command: RouteInboxFact, item: InboxItem, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    if not item.noted:
        raise InboxItemNotFound(source=command.system, reference=command.reference)
    if item.is_routed and not item.noted_since:
        raise InboxAlreadyRouted(source=command.system, reference=command.reference, state="routed")
    if item.capture and not item.is_routed:
        raise InboxAlreadyRouted(source=command.system, reference=command.reference, state="waiting with its money")
    yield InboxFactRouted(
        system=command.system,
        reference=command.reference,
        streams=(order_stream(command.merchant_id, command.order_id),),
        routed_at=command.decided_at,
    )
