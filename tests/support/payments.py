"""Payments as commands make them: holds, disputes, what providers settle, what logistics costs."""

from __future__ import annotations

from typing import Any

from tests.support.orders import OrderScenario, basket

HELD: dict[str, Any] = {"payment_id": "PAY-1", "psp": "stripe", "psp_ref": "pi-1", "amount": "USD 69.44"}
OF_DISPUTE: dict[str, Any] = {"dispute_id": "dp-1", "psp": "stripe", "capture_ref": "cap-1"}


def rate(value: str, base: str = "USD", kind: str = "provider_settlement", day: str = "2025-04-01") -> dict[str, Any]:
    return {"base": base, "quote": "CNY", "value": value, "kind": kind, "source": "stripe", "as_of": day}


def held(**other: Any) -> OrderScenario:
    """The worked example's order, placed, and its price held by the issuer."""
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    scenario.submit("report_payment_authorised", **HELD | other)
    return scenario


def opened(amount: str = "USD 69.44", reason: str = "product_unacceptable", **other: Any) -> dict[str, Any]:
    """The data of a report that a dispute was opened."""
    return OF_DISPUTE | {"amount": amount, "reason": reason} | other


def disputed(
    scenario: OrderScenario,
    amount: str = "USD 69.44",
    reason: str = "product_unacceptable",
    *,
    dispute_id: str = OF_DISPUTE["dispute_id"],
) -> OrderScenario:
    """A dispute is open and its money withdrawn."""
    named = {"dispute_id": dispute_id}
    scenario.submit("report_dispute_opened", **opened(amount, reason) | named)
    scenario.submit("report_dispute_funds_withdrawn", **OF_DISPUTE | named, amount=amount)
    return scenario


def settles(*lines: dict[str, Any], batch_ref: str = "po-1", **other: Any) -> dict[str, Any]:
    """The data of a report that a provider has paid for these lines."""
    return {"psp": "stripe", "batch_ref": batch_ref, "lines": list(lines)} | other


def settled_line(
    reference: str, gross: str, fee: str, net: str, *, kind: str = "charge", at: str = "7.1500", **other: Any
) -> dict[str, Any]:
    line = {"psp_ref": f"txn-{kind}-{reference}", "kind": kind, "reference": reference}
    return line | {"gross": gross, "fee": fee, "net": net, "rate": rate(at)} | other
