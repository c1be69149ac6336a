"""Providers' messages about captures come in any order: the books are the same, and so are the open breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

import pytest

from service.adapters.psp.adyen_notifications import CaptureMode, read_notification
from service.adapters.psp.stripe_events import read_event
from service.partner_facts.payments import ProviderFact
from tests.support.orders import OrderScenario, basket
from tests.support.partner_facts import command_of

Message = Callable[[int], ProviderFact]  # of the hour in which it happens
ORDER = {"merchant_id": "M-1", "order_id": "O-1"}
_OF_ORDER = {f"metadata.{name}": value for name, value in ORDER.items()}
_FIRST = 1743494400  # 2025-04-01 08:00 UTC
_CHARGE = {"object": "charge", "id": "ch_1", "payment_intent": "pi_1", "status": "succeeded"}
_INTENT = {"object": "payment_intent", "id": "pi_1", "latest_charge": "ch_1"}
ACCOUNTS = ("1110", "2110", "2220", "4210", "5140")


def stripe(type: str, **said: Any) -> Message:
    object_ = _INTENT if type.startswith("payment_intent") else _CHARGE
    found = object_ | {"amount": 69_44, "currency": "usd", "metadata": ORDER} | said

    def message(hour: int) -> ProviderFact:
        return read_event({"id": type, "type": type, "created": _FIRST + hour * 3600, "data": {"object": found}})

    return message


def adyen(code: str, reference: str, minor: int = 69_44, *, mode: str = "manual", success: bool = True) -> Message:
    item: dict[str, Any] = {
        "eventCode": code,
        "success": success,
        "pspReference": reference,
        "additionalData": _OF_ORDER,
    }
    item |= {"amount": {"value": minor, "currency": "USD"}, "originalReference": "" if reference == "PAY1" else "PAY1"}

    def message(hour: int) -> ProviderFact:
        at = f"2025-04-01T{8 + hour:02}:00:00+00:00"
        return read_notification(item | {"eventDate": at}, CaptureMode(mode))

    return message


HELD = stripe("charge.succeeded", captured=False, amount_captured=0)
IN_PART = stripe("charge.captured", captured=True, amount_captured=30_00)
AUTHORISED = adyen("AUTHORISATION", "PAY1")
AUTOMATIC = adyen("AUTHORISATION", "PAY1", mode="automatic")
FORTY = adyen("CAPTURE", "CAP1", 40_00)
HISTORIES: dict[str, Sequence[Message]] = {
    "stripe, two steps": (HELD, IN_PART, stripe("charge.updated", captured=True, amount_captured=69_44)),
    "stripe, two steps of the intent": (
        HELD,
        stripe("payment_intent.amount_capturable_updated", amount_received=30_00),
        stripe("payment_intent.succeeded", amount_received=69_44),
        stripe("charge.captured", captured=True, amount_captured=69_44),
    ),
    "stripe, a part, and the rest cancelled": (
        HELD,
        IN_PART,
        stripe("payment_intent.canceled", amount_received=30_00),
    ),
    "stripe, a part, and the rest lapsed": (HELD, IN_PART, stripe("charge.expired", amount_captured=30_00)),
    "adyen, two captures": (AUTHORISED, FORTY, adyen("CAPTURE", "CAP2", 29_44)),
    "adyen, two captures, one failed": (
        AUTHORISED,
        FORTY,
        adyen("CAPTURE", "CAP2", 29_44),
        adyen("CAPTURE_FAILED", "CAP2", 29_44),
    ),
    "adyen, a part, and all of the hold cancelled": (AUTHORISED, FORTY, adyen("CANCELLATION", "CAN1")),
    "adyen, a part, and all of the hold lapsed": (AUTHORISED, FORTY, adyen("EXPIRE", "PAY1")),
    "adyen, automatic, failed": (AUTOMATIC, adyen("CAPTURE_FAILED", "FAIL1", mode="automatic")),
    "adyen, automatic, reported as a capture too, failed": (
        AUTOMATIC,
        adyen("CAPTURE", "CAP1", mode="automatic"),
        adyen("CAPTURE_FAILED", "CAP1", mode="automatic"),
    ),
}


def reported(facts: Sequence[ProviderFact]) -> OrderScenario:
    scenario, done = OrderScenario(), set[str]()
    scenario.submit("place_order", **basket())
    for fact in facts:
        command = command_of(fact, fact.order)
        if command.id not in done:
            scenario.run(command)
        done.add(command.id)
    return scenario


def books(scenario: OrderScenario) -> dict[str, tuple[int, int]]:
    return {account: (scenario.balance(account, "USD"), scenario.base(account)) for account in ACCOUNTS}


@pytest.mark.parametrize("messages", HISTORIES.values(), ids=HISTORIES)
def test_messages_of_captures_come_to_the_same_books_and_no_break_in_any_order(messages: Sequence[Message]) -> None:
    facts = [message(hour) for hour, message in enumerate(messages)]
    in_order = books(reported(facts))
    for order in permutations(facts):
        scenario = reported((*order, order[0]))  # one comes again
        left = [each.opened for each in scenario.order.known_breaks.values() if each.is_open]
        assert (books(scenario), left) == (in_order, []), [fact.type for fact in order]
