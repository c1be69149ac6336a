"""Refused commands about products, orders, parcels, cases and releases, by code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from commands.orders.place_order import PlaceOrder
from commands.parcels.dispatch_parcel import DispatchParcel
from commands.products.publish_product_translation import PublishProductTranslation
from commands.products.set_export_status import SetExportStatus
from ledger.ids import merchant_stream, product_stream
from ledger.policies.return_window import ReturnWindow
from ledger.refusals.catalogue import Refusal
from tests.commands.merchants.known_merchant import PRODUCT, SUSPENDED, submitted
from tests.support.given import BUYER, MERCHANT, PLATFORM, ask, given
from tests.support.orders import ENROLLED, NAMES, OrderScenario, after_days, basket, in_the_pool
from tests.support.parcels import ORDER, PAID, asked_back, dispatched, packed

Cause = Callable[[], Refusal | None]


def lines(**qty: int) -> dict[str, Any]:
    return {"lines": [{"line_id": line_id, "qty": n} for line_id, n in qty.items()]}


def place(**other: Any) -> Refusal | None:
    """An order of a merchant that may sell, but for what is named."""
    beside = {merchant_stream("M-1"): other.pop("merchant", (ENROLLED,))}
    beside |= {product_stream("M-1", sku): in_the_pool(sku)[: other.get("steps", 3)] for sku in ("SKU-A", "SKU-B")}
    other.pop("steps", None)
    return given(beside=beside).when(ask(PlaceOrder, **NAMES, **basket(**other))).refusal


def pack(scenario: OrderScenario, parcel_id: str = "P-1", **qty: int) -> Refusal:
    items = lines(**qty)["lines"]
    return scenario.refusal("create_parcel", parcel_id=parcel_id, items=items, warehouse_id="W-1")


def send(*events: Any, parcel_id: str = "P-1", tracking_no: str = "T-9", **other: Any) -> Refusal | None:
    reported = {"parcel_id": parcel_id, "carrier": "SF", "tracking_no": tracking_no} | other
    return given(*events).when(ask(DispatchParcel, by=MERCHANT, **ORDER, **reported)).refusal


def asked(scenario: OrderScenario, *, days: float = 0, refund_id: str = "R-1", **qty: int) -> OrderScenario:
    """The buyer asks for these units back."""
    reported = {"refund_id": refund_id, "reason": "broken"} | lines(**qty)
    scenario.submit("request_refund", by=BUYER, at=after_days(days), **reported)
    return scenario


def ask_for(
    scenario: OrderScenario, *, days: float = 0, refund_id: str = "R-1", type: str | None = None, **qty: int
) -> Refusal:
    reported = {"refund_id": refund_id, "reason": "broken", "type": type} | (lines(**qty) if qty else {})
    return scenario.refusal("request_refund", by=BUYER, at=after_days(days), **reported)


def decide(scenario: OrderScenario, round_number: int = 1, *, by: Any = MERCHANT, refund_id: str = "R-1") -> Refusal:
    return scenario.refusal("approve_refund", by=by, refund_id=refund_id, round=round_number)


def decided(scenario: OrderScenario, round_number: int = 1, *, by: Any = MERCHANT, **other: Any) -> OrderScenario:
    scenario.submit("approve_refund", by=by, refund_id="R-1", round=round_number, **other)
    return scenario


def paid(**other: Any) -> OrderScenario:
    return OrderScenario(**other).paid()


def sent(**other: Any) -> OrderScenario:
    return paid(**other).sent(A=2, B=1)


def signed(**other: Any) -> OrderScenario:
    return sent(**other).signed()


def express() -> OrderScenario:
    """Paid, and all of it asked back and granted at once."""
    scenario = paid(express=True)
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind")
    return scenario


def submitted_refund() -> OrderScenario:
    scenario = express()
    scenario.submit("submit_refund", refund_id="R-1")
    return scenario


def released() -> OrderScenario:
    scenario = signed()
    scenario.submit("release_settlement", at=after_days(7))
    return scenario


def awaiting_goods() -> OrderScenario:
    return decided(asked(signed(), days=1, B=1), by=PLATFORM, return_required=True)


def part_refunded() -> OrderScenario:
    """One of two units of A was refunded before it was sent."""
    return asked(paid(express=True), A=1)


CAUSES: dict[str, Cause] = {
    "MERCHANT_NOT_ENROLLED": lambda: place(merchant=(ENROLLED, SUSPENDED)),
    "MARKET_NOT_OPEN": lambda: place(market="SG"),
    "PRODUCT_NOT_IN_EXPORT_POOL": lambda: place(steps=2),
    "QUOTE_EXPIRED": lambda: place(quote_expires_at="2025-03-31T08:00:00Z"),
    "TOTALS_MISMATCH": lambda: place(list_total="CNY 499.99"),
    "ORDER_ALREADY_PLACED": lambda: paid().refusal("place_order", **basket()),
    "PROMISE_BEFORE_ORDER": lambda: place(promised_warehouse_by="2025-03-31T08:00:00Z"),
    "PRODUCT_NOT_SUBMITTED": lambda: given().when(ask_translation()).refusal,
    "PRODUCT_NOT_APPROVED": lambda: given(submitted()).when(ask(SetExportStatus, **PRODUCT, enabled=True)).refusal,
    "ORDER_NOT_CONFIRMED": lambda: pack(OrderScenario(), A=1),
    "LINE_NOT_FOUND": lambda: pack(paid(), Z=1),
    "LINE_ALREADY_REFUNDED": lambda: pack(part_refunded(), A=2),
    "REFUND_PENDING_ON_LINE": lambda: send(*PAID, packed(A=2), asked_back(A=1)),
    "QTY_EXCEEDS_REMAINING": lambda: pack(paid(), A=3),
    "DUPLICATE_TRACKING_NO": lambda: send(
        *PAID, packed(A=1), dispatched(), packed("P-2", A=1), parcel_id="P-2", tracking_no="SF-1"
    ),
    "PARCEL_ALREADY_EXISTS": lambda: pack(paid().sent(A=1), A=1),
    "PARCEL_NOT_FOUND": lambda: send(*PAID),
    "ALREADY_DISPATCHED": lambda: send(*PAID, packed(A=1), dispatched()),
    "DISPATCH_TIME_IMPLAUSIBLE": lambda: send(*PAID, packed(A=1), dispatched_at="2025-04-02T08:00:00Z"),
    "AFTER_SALES_LOCKED": lambda: ask_for(sent(), days=1, A=1),
    "NOT_SIGNED_FOR": lambda: ask_for(paid().sent("P-1", A=2).sent("P-2", B=1), days=21, type="return_refund", A=1),
    "RETURN_WINDOW_CLOSED": lambda: ask_for(
        signed(policies=(ReturnWindow.model_validate({"window": "P7D"}),)), days=8, A=1
    ),
    "REFUND_EXCEEDS_REMAINING": lambda: ask_for(paid(), A=3),
    "CASE_ALREADY_OPEN": lambda: ask_for(asked(paid(), A=1), A=1),
    "NOT_CAPTURED": lambda: ask_for(_placed()),
    "PARCEL_NOT_LOST": lambda: sent().refusal(
        "refund_lost_parcel", by=PLATFORM, refund_id="R-1", parcel_id="P-1", reason="lost"
    ),
    "WRONG_ROUND": lambda: decide(asked(paid(), A=1), 2, by=PLATFORM),
    "SAME_APPROVER": lambda: decide(
        decided(asked(paid(), A=1)), 2, by=MERCHANT.model_copy(update={"kind": "platform", "role": "platform_cs"})
    ),
    "SCOPE_NOT_ALLOWED": lambda: paid().refusal(
        "request_refund", by=BUYER.model_copy(update={"scope": "B-2"}), refund_id="R-1", reason="broken"
    ),
    "ROLE_NOT_ALLOWED": lambda: decide(asked(paid(), A=1), by=BUYER),
    "CASE_CLOSED": lambda: decide(express()),
    "CASE_NOT_FOUND": lambda: decide(paid(), refund_id="R-9"),
    "REFUND_NOT_APPROVED": lambda: asked(paid(), A=1).refusal("submit_refund", refund_id="R-1"),
    "RETURN_NOT_RECEIVED": lambda: awaiting_goods().refusal("submit_refund", refund_id="R-1"),
    "ALREADY_SUBMITTED": lambda: submitted_refund().refusal("submit_refund", refund_id="R-1"),
    "NOT_SIGNED_OFF": lambda: sent().refusal("release_settlement", at=after_days(30)),
    "NOT_DUE": lambda: signed().refusal("release_settlement", at=after_days(6)),
    "OPEN_CASE": lambda: asked(signed(), days=6, B=1).refusal("release_settlement", at=after_days(7), line_id="B"),
    "ALREADY_RELEASED": lambda: released().refusal("release_settlement", at=after_days(8)),
}


def ask_translation() -> Any:
    reported: dict[str, Any] = {"locale": "en-US", "source_version": "1", "text_hash": "ab" * 32, "engine": "mt"}
    return ask(PublishProductTranslation, **PRODUCT, **reported)


def _placed() -> OrderScenario:
    scenario = OrderScenario()
    scenario.submit("place_order", **basket())
    return scenario
