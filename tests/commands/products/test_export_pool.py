"""The export pool, domain §2.1 rows 22–25, as a table."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from commands.orders.place_order import PlaceOrder
from commands.products.approve_product import ApproveProduct
from commands.products.revoke_product import RevokeProduct
from commands.products.set_export_status import SetExportStatus
from commands.products.submit_product import SubmitProduct
from ledger.events.event import Event
from ledger.events.merchants import AutoExportEnabled
from ledger.events.orders import OrderPlaced
from ledger.events.products import ProductExportStatusDisabled, ProductSubmittedForExportReview
from ledger.ids import merchant_stream, product_stream
from ledger.refusals.catalogue import MerchantNotEnrolled, ProductNotInExportPool
from ledger.streams.products import Product
from tests.commands.merchants.known_merchant import PRODUCT, SUSPENDED, WITHDRAWN, submitted
from tests.support.given import FROM_THE_START, NOW, PLATFORM, ask, given, stream_of
from tests.support.orders import ENROLLED, NAMES, OrderScenario, basket, in_the_pool

STEPS = {
    "approve": ask(ApproveProduct, by=PLATFORM, **PRODUCT, criteria_version="1"),
    "revoke": ask(RevokeProduct, by=PLATFORM, **PRODUCT, reasons=["recall"], criteria_version="1"),
    "on": ask(SetExportStatus, **PRODUCT, enabled=True),
    "off": ask(SetExportStatus, **PRODUCT, enabled=False),
}


@pytest.mark.parametrize(
    ("auto", "steps", "in_pool"),
    [
        (False, (), False),  # 22: nothing without a review
        (True, (), False),  # 24: the automatic switch does not skip it
        (False, ("approve",), False),  # 23: eligible is not on sale
        (True, ("approve",), True),  # 24
        (False, ("approve", "on"), True),  # 25
        (True, ("approve", "off"), False),  # 25: an explicit off wins
        (True, ("off", "approve"), False),
        (True, ("approve", "off", "on"), True),
        (False, ("approve", "on", "revoke"), False),
        (True, ("approve", "revoke"), False),
    ],
)
def test_a_product_is_in_the_pool_when_it_is_approved_and_switched_on(
    auto: bool, steps: Sequence[str], in_pool: bool
) -> None:
    events: list[Event] = [submitted(auto_export=auto)]
    for step in steps:
        events += given(*events).when(STEPS[step]).events
    product = stream_of(product_stream("M-1", "tea-1"), events)
    assert isinstance(product, Product)
    assert product.in_export_pool is in_pool


def test_the_automatic_switch_is_not_retroactive() -> None:
    switched = {merchant_stream("M-1"): (ENROLLED, AutoExportEnabled(merchant_id="M-1", effective_at=FROM_THE_START))}
    again = ask(SubmitProduct, **PRODUCT, category_id="tea", markets=("US",))
    decided = given(submitted(auto_export=False), beside=switched).when(again)
    assert not decided.event(ProductSubmittedForExportReview).auto_export


def test_a_product_that_leaves_the_pool_leaves_placed_orders_alone() -> None:
    scenario = OrderScenario().paid()
    off = ProductExportStatusDisabled(merchant_id="M-1", product_id="SKU-A", effective_at=NOW)
    scenario.meanwhile(product_stream("M-1", "SKU-A"), off)
    scenario.sent(A=2, B=1)
    assert scenario.order.status == "in_transit"


def test_a_product_outside_the_pool_is_not_sold() -> None:
    outside = {
        merchant_stream("M-1"): (ENROLLED,),
        product_stream("M-1", "SKU-A"): in_the_pool("SKU-A")[:2],
        product_stream("M-1", "SKU-B"): in_the_pool("SKU-B"),
    }
    given(beside=outside).when(ask(PlaceOrder, **NAMES, **basket())).then_refused(
        ProductNotInExportPool, product_id="SKU-A", market="US"
    )


def merchant_is(*events: Event) -> dict[str, Sequence[Event]]:
    pool: dict[str, Sequence[Event]] = {product_stream("M-1", sku): in_the_pool(sku) for sku in ("SKU-A", "SKU-B")}
    return pool | {merchant_stream("M-1"): (ENROLLED, *events)}


@pytest.mark.parametrize(("left", "state"), [(SUSPENDED, "suspended"), (WITHDRAWN, "withdrawn")])
def test_a_merchant_who_left_takes_no_new_order(left: Event, state: str) -> None:
    given(beside=merchant_is(left)).when(ask(PlaceOrder, **NAMES, **basket())).then_refused(
        MerchantNotEnrolled, merchant_id="M-1", state=state
    )


@pytest.mark.parametrize("left", [SUSPENDED, WITHDRAWN])
def test_the_open_orders_of_a_merchant_who_left_run_off(left: Event) -> None:
    scenario = OrderScenario()
    scenario.paid()
    scenario.meanwhile(merchant_stream("M-1"), left)
    scenario.sent(A=2, B=1).signed(at="2025-04-09T08:00Z")
    scenario.submit("release_settlement", at="2025-04-16T08:00Z")
    assert scenario.order.completed


def test_an_order_keeps_the_channel_it_came_through() -> None:
    live = {"type": "live_stream", "content_id": "L-7", "creator_id": "KOL-3"}
    decided = given(beside=merchant_is()).when(ask(PlaceOrder, **NAMES, **basket(channel=live), at=NOW))
    assert decided.event(OrderPlaced).channel.creator_id == "KOL-3"
