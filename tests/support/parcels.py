"""A paid order (2 of A, 1 of B) and what can happen to its parcels, for tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from ledger.actors import Actor
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.events.orders import Channel, OrderConfirmed, OrderPlaced, PlacedLine
from ledger.events.parcels import ParcelCreated, ParcelDispatched, ParcelItem, ParcelSignedFor
from ledger.events.payments import AllocatedLine, AllocatedPart, PaymentAllocated, PaymentCaptured
from ledger.events.refunds import ApprovedLine, RefundApproved, RefundLine, RefundMoney, RefundRequested
from ledger.fx import Rate
from ledger.money import Money, total
from tests.support.given import BUYER, NOW, PLATFORM, RATES, cny, usd

ORDER: dict[str, Any] = {"merchant_id": "M-1", "order_id": "O-1"}
PLACED_AT = NOW - timedelta(days=1)
PAID_AT = PLACED_AT + timedelta(hours=1)
BOOK: Rate = RATES[1]


def at(hours: float) -> datetime:
    """Returns the instant so many hours after the usual hand-over."""
    return NOW + timedelta(hours=hours)


def _line(line_id: str, qty: int, unit_list: str, unit_reference: str) -> PlacedLine:
    return PlacedLine(
        line_id=line_id,
        product_id=f"SKU-{line_id}",
        qty=qty,
        unit_list=cny(unit_list),
        unit_reference=usd(unit_reference),
        title_source=f"商品{line_id}",
        title_shown=f"Product {line_id}",
        locale="en-US",
        category_id="home",
        fee_rate_bps=500,
    )


PLACED = OrderPlaced(
    **ORDER,
    checkout_id="C-1",
    market="US",
    buyer_ref="B-1",
    ship_to_ref="S-1",
    channel=Channel(type="store"),
    lines=(_line("A", 2, "180.00", "25.00"), _line("B", 1, "140.00", "19.44")),
    charges=(),
    list_total=cny("500.00"),
    buyer_total=usd("69.44"),
    reference_rate=RATES[0],
    fee_schedule_version=1,
    after_sales_lock_version=1,
    promised_warehouse_by=PLACED_AT + timedelta(days=5),
    placed_at=PLACED_AT,
)
_PAYMENT = {"payment_id": "PAY-1", "psp": "stripe", "capture_ref": "cap-1"}
CAPTURED = PaymentCaptured(
    **ORDER,
    **_PAYMENT,
    psp_ref="",
    captured_at=PLACED_AT,
    amount=usd("69.44"),
    book_rate=BOOK,
    base=cny("498.58"),
)
ALLOCATED = PaymentAllocated(
    **ORDER,
    market="US",
    amount=usd("69.44"),
    parts=(AllocatedPart(**_PAYMENT, amount=usd("69.44"), base=cny("498.58")),),
    lines=(
        AllocatedLine(line_id="A", qty=2, list_amount=cny("360.00"), amount=usd("50.00"), base=cny("359.00")),
        AllocatedLine(line_id="B", qty=1, list_amount=cny("140.00"), amount=usd("19.44"), base=cny("139.58")),
    ),
    list_total=cny("500.00"),
    goods_base=cny("498.58"),
    charges=(),
    margin=cny("-1.42"),
)
CONFIRMED = OrderConfirmed(order_id="O-1", payment_ids=("PAY-1",), confirmed_at=PAID_AT)
PAID: tuple[Event, ...] = (PLACED, CAPTURED, ALLOCATED, CONFIRMED)


def packed(parcel_id: str = "P-1", *, warehouse_id: str = "W-1", **qty: int) -> ParcelCreated:
    """A parcel with these units: `packed("P-2", A=1)`; two of A where none are named."""
    items = tuple(ParcelItem(line_id=line_id, qty=n) for line_id, n in (qty or {"A": 2}).items())
    return ParcelCreated(order_id="O-1", parcel_id=parcel_id, items=items, warehouse_id=warehouse_id)


def dispatched(parcel_id: str = "P-1", *, hours: float = 0, tracking_no: str = "SF-1") -> ParcelDispatched:
    return ParcelDispatched(
        order_id="O-1", parcel_id=parcel_id, carrier="SF", tracking_no=tracking_no, dispatched_at=at(hours)
    )


def fact(milestone: str, *, hours: float, parcel_id: str = "P-1", **further: Any) -> Event:
    """A milestone reached so many hours after the hand-over."""
    kind = MILESTONES[milestone].event
    needed = {"warehouse_id": "W-1"} if "warehouse_id" in kind.model_fields else {}
    reported = {"order_id": "O-1", "parcel_id": parcel_id, "happened_at": at(hours)}
    return kind.model_validate({**reported, **needed, **further})


def signed(*, hours: float, parcel_id: str = "P-1", proof_ref: str = "pod-1") -> ParcelSignedFor:
    return ParcelSignedFor(
        order_id="O-1", parcel_id=parcel_id, happened_at=at(hours), evidence_kind="recipient", proof_ref=proof_ref
    )


def asked_back(*, parcel_id: str | None = None, refund_id: str = "R-1", actor: Actor = BUYER, **qty: int) -> Event:
    """An open case about these units."""
    lines = tuple(
        RefundLine(line_id=line_id, qty=n, buyer_amount=_buyers(line_id) * n, list_amount=_list(line_id) * n,
                   parcel_id=parcel_id)
        for line_id, n in qty.items()
    )  # fmt: skip
    return RefundRequested(
        **ORDER,
        refund_id=refund_id,
        type="platform_initiated" if parcel_id else "unshipped",
        lines=lines,
        charges=(),
        amount=total([line.buyer_amount for line in lines], "USD"),
        reason="changed_mind",
        express_setting=False,
        rounds_required=2,
        requested_by=actor,
        requested_at=NOW,
    )


def refunded(*, parcel_id: str | None = None, refund_id: str = "R-1", **qty: int) -> tuple[Event, Event]:
    """A case about these units, approved at the platform's cost."""
    asked = asked_back(parcel_id=parcel_id, refund_id=refund_id, actor=PLATFORM, **qty)
    assert isinstance(asked, RefundRequested)
    nothing = cny("0.00")
    lines = tuple(
        ApprovedLine(**line.model_dump(), released_qty=0, from_pending=nothing, from_available=nothing,
                     fee_back=nothing, vat_back=nothing, base=nothing)
        for line in asked.lines
    )  # fmt: skip
    base = BOOK.convert(asked.amount)
    money = RefundMoney(
        amount=asked.amount,
        base=base,
        book_rate=BOOK,
        from_pending=nothing,
        from_available=nothing,
        fee_back=nothing,
        vat_back=nothing,
        charges=(),
        margin_reversed=nothing,
        fx=nothing,
        expense="goods_lost",
        expense_base=base,
    )
    approved = RefundApproved(
        **ORDER,
        refund_id=refund_id,
        market="US",
        lines=lines,
        money=money,
        liability="platform",
        return_required=False,
        reviewer=PLATFORM,
        reason="lost",
    )
    return asked, approved


def _buyers(line_id: str) -> Money:
    return usd("25.00") if line_id == "A" else usd("19.44")


def _list(line_id: str) -> Money:
    return cny("180.00") if line_id == "A" else cny("140.00")
