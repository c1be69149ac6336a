"""Refused commands about returns, parts of refunds and refunds of whole parcels, by code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.policies.order_charges import OrderCharges
from ledger.refusals.catalogue import Refusal
from tests.support.given import MERCHANT, PLATFORM, SYSTEM
from tests.support.orders import OrderScenario, after_days

Cause = Callable[[], Refusal | None]


def paid() -> OrderScenario:
    return OrderScenario().paid()


def sent() -> OrderScenario:
    return paid().sent(A=2, B=1)


def refund(kind: str) -> Refusal:
    """Returns the refusal of a refund of a parcel that travels without trouble."""
    return sent().refusal(f"refund_{kind}_parcel", by=PLATFORM, refund_id="R-1", parcel_id="P-1", reason="broken")


def approved(scenario: OrderScenario, round_number: int = 1, **reported: Any) -> OrderScenario:
    """A case about line B, decided in this round."""
    scenario.submit(
        "request_refund", refund_id="R-1", reason="broken", lines=[{"line_id": "B", "qty": 1}], at=after_days(1)
    )
    who = PLATFORM if round_number == 1 and reported else MERCHANT
    scenario.submit("approve_refund", by=who, refund_id="R-1", round=round_number, at=after_days(1), **reported)
    return scenario


def cut(line_id: str, amount: str) -> Refusal:
    """A reviewer approves a part of a case about line B."""
    scenario = approved(paid())
    lines = [{"line_id": line_id, "amount": amount}]
    return scenario.refusal("approve_refund", by=PLATFORM, refund_id="R-1", round=2, lines=lines, at=after_days(1))


def no_such_charge() -> Refusal:
    charges = [{"type": "shipping", "amount": "USD 5.00"}]
    return paid().refusal("refund_charges", by=PLATFORM, refund_id="R-1", reason="late", charges=charges)


def the_platforms_before_dispatch() -> Refusal:
    reported: dict[str, Any] = {"refund_id": "R-1", "round": 2, "liability": "platform", "at": after_days(1)}
    return approved(paid()).refusal("approve_refund", by=PLATFORM, **reported)


def shipping_under_never() -> Refusal:
    scenario = OrderScenario(policies=[OrderCharges(shipping="never")]).paid()
    charges = [{"type": "shipping", "amount": "USD 5.00"}]
    return scenario.refusal("refund_charges", by=PLATFORM, refund_id="R-1", reason="late", charges=charges)


def awaited(command: str, **reported: Any) -> Refusal:
    """Returns the refusal of a command while the goods are awaited until day 20."""
    scenario = approved(sent().signed(), return_required=True, return_by=after_days(20))
    return scenario.refusal(command, refund_id="R-1", **reported)


def unawaited() -> Refusal:
    return approved(sent().signed(), return_required=False).refusal("expire_return", by=SYSTEM, refund_id="R-1")


CAUSES: dict[str, Cause] = {
    "LINE_NOT_IN_CASE": lambda: cut("A", "USD 9.72"),
    "WRONG_CURRENCY": lambda: cut("B", "EUR 9.72"),
    "CHARGE_NOT_FOUND": no_such_charge,
    "CHARGE_NOT_REFUNDABLE": shipping_under_never,
    "FULL_AMOUNT_ONLY": lambda: cut("B", "USD 9.72"),
    "UNSENT_IS_MERCHANTS": the_platforms_before_dispatch,
    "PARCEL_NOT_REFUSED": lambda: refund("refused"),
    "PARCEL_NOT_DAMAGED": lambda: refund("damaged"),
    "PARCEL_NOT_RETURNED": lambda: refund("returned"),
    "RETURN_NOT_AUTHORIZED": unawaited,
    "RETURN_NOT_EXPIRED": lambda: awaited("expire_return", by=SYSTEM, at=after_days(19)),
    "NOT_DEEMED_SIGNED": lambda: sent().refusal("deem_signed", parcel_id="P-1", at=after_days(400)),
}
