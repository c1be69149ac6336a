"""Commands that the bus itself refuses, by code, on a real ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from commands.authority import PLATFORM as PLATFORM_LINE
from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.command import Handler
from commands.menu import MENU
from commands.merchants import set_express_refund
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactReported
from ledger.streams.merchants import Merchant
from tests.support.buses import Desk
from tests.support.given import BUYER, FINANCE


def lost_race(desk: Desk) -> Outcome:
    """Somebody turns Express Refund on or off whenever this command has read the merchant."""
    desk.expect("enrol_merchant", merchant_id="M-1")
    with_meddler = MENU | {
        "set_express_refund": Handler(set_express_refund.SetExpressRefund, _after_somebody(desk), PLATFORM_LINE)
    }
    bus = Bus(desk.ledger, with_meddler, clock=desk.clock)
    try:
        (outcome,) = bus.submit([desk.command("set_express_refund", merchant_id="M-1", enabled=True)])
    finally:
        bus.close()
    return outcome


def _after_somebody(desk: Desk) -> Callable[[set_express_refund.SetExpressRefund, Merchant, Rules], Iterator[Event]]:
    def decide(command: set_express_refund.SetExpressRefund, merchant: Merchant, rules: Rules) -> Iterator[Event]:
        desk.expect("set_express_refund", merchant_id="M-1", enabled=not merchant.express_refund.is_on)
        yield from set_express_refund.decide(
            command.model_copy(update={"enabled": not merchant.express_refund.is_on}), merchant, rules
        )

    return decide


def other_body(desk: Desk) -> Outcome:
    desk.expect("enrol_merchant", id="e1", merchant_id="M-1", markets=["US"])
    return desk.ask("enrol_merchant", id="e1", merchant_id="M-1", markets=["HK"])


def unreadable(desk: Desk) -> Outcome:
    """A decision comes to an event that no reader of the log could decode again."""
    bus = Bus(
        desk.ledger,
        MENU | {"set_express_refund": Handler(set_express_refund.SetExpressRefund, _deep, PLATFORM_LINE)},
        clock=desk.clock,
    )
    try:
        (outcome,) = bus.submit([desk.command("set_express_refund", merchant_id="M-1", enabled=True)])
    finally:
        bus.close()
    return outcome


def _deep(command: set_express_refund.SetExpressRefund, merchant: Merchant, rules: Rules) -> Iterator[Event]:  # noqa: ARG001
    body: dict[str, Any] = {}
    for _ in range(250):
        body = {"a": body}
    yield UnmatchedFactReported(system="s", reference="r", kind="k", refs={}, body=body, happened_at=command.decided_at)


CAUSES: Mapping[str, Callable[[Desk], Outcome]] = {
    "VERSION_CONFLICT": lost_race,
    "IDEMPOTENCY_KEY_REUSED": other_body,
    "INSTANT_NOT_YOURS": lambda desk: desk.ask(
        "set_express_refund", actor=BUYER, at=desk.clock.now, merchant_id="M-1", enabled=True
    ),
    "VALUE_NOT_STORABLE": unreadable,
    "BOOK_UNKNOWN": lambda desk: desk.ask("close_book_period", actor=FINANCE, book=99, period="2025-03"),
}
