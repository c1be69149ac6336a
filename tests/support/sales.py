"""Short scenarios for tests that need an order somewhere on its way: placed, paid, sent, signed for, released."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.actors import Actor
from ledger.fx import CNY, Rate
from ledger.money import Money
from tests.support.buses import PLATFORM, Desk

QUOTE = Rate(base="USD", quote=CNY, value="7.2000", kind="reference", source="test", as_of=date(2025, 3, 10))
BUYER = Actor(kind="buyer", id="B-1", role="buyer")
CARRIER = Actor(kind="partner", id="post", role="carrier")
PROVIDER = Actor(kind="partner", id="stripe", role="psp")


def owner_of(merchant_id: str) -> Actor:
    """The merchant's own actor."""
    return Actor(kind="merchant", id=merchant_id, role="merchant")


OWNER = owner_of("M-1")


def merchant_ready(desk: Desk, merchant_id: str = "M-1", *, express: bool = False) -> None:
    """A merchant that sells product P-1 everywhere and can be paid."""
    account = {"merchant_id": merchant_id, "account_ref": f"acct-{merchant_id}"}
    owner = owner_of(merchant_id)
    desk.expect("enrol_merchant", merchant_id=merchant_id)
    desk.expect("register_payout_account", actor=owner, bank_code="ICBC", **account)
    desk.expect("verify_payout_account", **account)
    desk.expect("set_auto_export", actor=owner, merchant_id=merchant_id, enabled=True)
    if express:
        desk.expect("set_express_refund", actor=owner, merchant_id=merchant_id, enabled=True)
    desk.expect("submit_product", actor=owner, merchant_id=merchant_id, product_id="P-1", category_id="home")
    desk.expect("approve_product", merchant_id=merchant_id, product_id="P-1")


def order_data(
    order_id: str = "O-1", merchant_id: str = "M-1", *, list_minor: int = 14_000, qty: int = 1
) -> dict[str, Any]:
    """Returns the data of `place_order`: one line, by default one unit of CNY 140.00."""
    unit = Money(list_minor, CNY)
    local = QUOTE.convert_back(unit)
    line = {
        "line_id": "L1",
        "product_id": "P-1",
        "qty": qty,
        "unit_list": unit,
        "unit_reference": local,
        "title_source": "茶杯",
        "title_shown": "Teacup",
        "locale": "en-US",
    }
    return {
        "merchant_id": merchant_id,
        "order_id": order_id,
        "checkout_id": f"CO-{order_id}",
        "market": "US",
        "buyer_ref": "B-1",
        "ship_to_ref": "ADDR-1",
        "channel": {"type": "store"},
        "lines": [line],
        "list_total": unit * qty,
        "buyer_total": local * qty,
        "reference_rate": QUOTE,
    }


def paid(
    desk: Desk, order_id: str = "O-1", merchant_id: str = "M-1", *, list_minor: int = 14_000, qty: int = 1
) -> None:
    """An order that is placed and captured."""
    data = order_data(order_id, merchant_id, list_minor=list_minor, qty=qty)
    desk.expect("place_order", actor=BUYER, **data)
    desk.expect(
        "report_payment_captured",
        actor=PROVIDER,
        merchant_id=merchant_id,
        order_id=order_id,
        payment_id=f"pay-{order_id}",
        psp="stripe",
        capture_ref=f"ch-{order_id}",
        amount=data["buyer_total"],
    )


def sent(desk: Desk, order_id: str = "O-1", merchant_id: str = "M-1", *, qty: int = 1) -> None:
    """A paid order that is dispatched in one parcel."""
    names = {"merchant_id": merchant_id, "order_id": order_id, "parcel_id": f"{order_id}-1"}
    owner = owner_of(merchant_id)
    desk.expect("create_parcel", actor=owner, items=[{"line_id": "L1", "qty": qty}], warehouse_id="WH-1", **names)
    desk.expect("dispatch_parcel", actor=owner, carrier="sf", tracking_no=f"SF{order_id}", **names)


def signed(desk: Desk, order_id: str = "O-1", merchant_id: str = "M-1") -> None:
    """A dispatched order whose buyer has signed for it."""
    names = {"merchant_id": merchant_id, "order_id": order_id, "parcel_id": f"{order_id}-1"}
    desk.expect("report_signature", actor=CARRIER, evidence_kind="recipient", **names)


def released(desk: Desk, order_id: str = "O-1", merchant_id: str = "M-1", *, list_minor: int = 14_000) -> None:
    """The whole way: the merchant's money of this order is available."""
    paid(desk, order_id, merchant_id, list_minor=list_minor)
    sent(desk, order_id, merchant_id)
    signed(desk, order_id, merchant_id)
    desk.clock.forward(days=7, minutes=1)
    desk.expect("release_settlement", actor=PLATFORM, merchant_id=merchant_id, order_id=order_id)
