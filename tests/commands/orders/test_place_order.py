"""Placing an order."""

from datetime import timedelta
from typing import Any

import pytest

from commands.orders.place_order import PlaceOrder
from ledger.events.merchants import MerchantSuspended
from ledger.events.orders import OrderConfirmed, OrderPlaced
from ledger.events.payments import PaymentAllocated, PaymentCaptured
from ledger.events.products import ProductSubmittedForExportReview
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import merchant_stream, product_stream
from ledger.policies.fees import Fees
from ledger.refusals.catalogue import (
    MarketNotOpen,
    MerchantNotEnrolled,
    OrderAlreadyPlaced,
    ProductNotInExportPool,
    PromiseBeforeOrder,
    QuoteExpired,
    TotalsMismatch,
)
from tests.support.given import BUYER, NOW, Given, ask, cny, given, usd
from tests.support.orders import ENROLLED, NAMES, REFERENCE_USD, basket, in_the_pool, line
from tests.support.parcels import CAPTURED, PLACED, dispatched

SELLING = {
    merchant_stream("M-1"): [ENROLLED],
    product_stream("M-1", "SKU-A"): in_the_pool("SKU-A"),
    product_stream("M-1", "SKU-B"): in_the_pool("SKU-B"),
}


def place(**other: Any) -> PlaceOrder:
    return ask(PlaceOrder, by=BUYER, **NAMES, **basket(**other))


def selling(*events: Any, **more: Any) -> Given:
    return given(*events, beside=SELLING, **more)


def test_an_order_keeps_its_prices_and_the_versions_it_was_placed_under() -> None:
    placed = selling().when(place()).then(OrderPlaced).event(OrderPlaced)
    assert (placed.list_total, placed.buyer_total) == (cny("500.00"), usd("69.44"))
    assert (placed.fee_schedule_version, placed.after_sales_lock_version) == (1, 1)


def test_a_line_keeps_the_fee_rate_of_its_category() -> None:
    fees = Fees(rate_bps=500, category_rates={"home": 300})
    placed = selling(policies=[fees]).when(place()).event(OrderPlaced)
    assert [(line.category_id, line.fee_rate_bps) for line in placed.lines] == [("home", 300), ("home", 300)]


def test_another_category_counts_once_the_platform_has_approved_it() -> None:
    fees = Fees(rate_bps=500, category_rates={"home": 300, "books": 0})
    submitted = ProductSubmittedForExportReview(
        merchant_id="M-1", product_id="SKU-A", category_id="books", markets=("US",), auto_export=False, submitted_at=NOW
    )
    beside = SELLING | {product_stream("M-1", "SKU-A"): (*in_the_pool("SKU-A"), submitted)}
    placed = given(beside=beside, policies=[fees]).when(place()).event(OrderPlaced)
    assert (placed.lines[0].category_id, placed.lines[0].fee_rate_bps) == ("home", 300)


def test_the_promise_follows_from_its_policy() -> None:
    placed = selling().when(place()).event(OrderPlaced)
    assert (placed.promised_warehouse_by - NOW).days == 5


def test_nothing_is_promised_before_it_is_ordered() -> None:
    earlier = NOW - timedelta(seconds=1)
    selling().when(place(promised_warehouse_by=earlier)).then_refused(PromiseBeforeOrder, promised_by=earlier)


@pytest.mark.parametrize("title", ["title_source", "title_shown"])
@pytest.mark.parametrize("said", ["", " ", "\u3000"])
def test_a_line_without_a_title_is_malformed(title: str, said: str) -> None:
    untitled = line("A", 2, "CNY 180.00", "USD 25.00") | {title: said}
    with pytest.raises(ValueError, match="line A needs title_source"):
        place(lines=[untitled])


def test_an_order_needs_an_enrolled_merchant() -> None:
    beside = SELLING | {merchant_stream("M-1"): []}
    given(beside=beside).when(place()).then_refused(MerchantNotEnrolled, state="unknown")


def test_a_suspended_merchant_takes_no_orders() -> None:
    suspended = MerchantSuspended(merchant_id="M-1", reason="complaints", effective_at=NOW)
    beside = SELLING | {merchant_stream("M-1"): [ENROLLED, suspended]}
    given(beside=beside).when(place()).then_refused(MerchantNotEnrolled, state="suspended")


def test_an_order_goes_to_an_open_market() -> None:
    selling().when(place(market="SG")).then_refused(MarketNotOpen, open_markets=("HK", "MO", "US"))


def test_nothing_is_sold_before_the_programme_starts() -> None:
    early = ask(PlaceOrder, at="2025-03-09T15:59:59Z", **NAMES, **basket())
    selling().when(early).then_refused(MarketNotOpen, open_markets=())


def test_every_product_is_in_the_export_pool() -> None:
    beside = SELLING | {product_stream("M-1", "SKU-B"): []}
    given(beside=beside).when(place()).then_refused(ProductNotInExportPool, product_id="SKU-B")


def test_an_order_comes_while_its_quote_holds() -> None:
    late = place(quote_expires_at="2025-04-01T07:59:59Z")
    selling().when(late).then_refused(QuoteExpired, expired_at="2025-04-01T07:59:59Z")


def test_an_order_is_placed_once() -> None:
    selling(PLACED).when(place()).then_refused(OrderAlreadyPlaced, order_id="O-1")


@pytest.mark.parametrize(
    ("other", "field", "expected"),
    [
        ({"lines": []}, "lines", "at least one"),
        ({"lines": [line("A", 1, "USD 25.00", "USD 25.00")]}, "lines[A].unit_list", "CNY"),
        ({"lines": [line("A", 1, "CNY 180.00", "HKD 25.00")]}, "lines[A].unit_reference", "USD"),
        ({"lines": [line("A", 1, "CNY 180.00", "USD 25.01")]}, "lines[A].unit_reference", "USD 25.00"),
        ({"list_total": "CNY 500.01"}, "list_total", "CNY 500.00"),
        ({"buyer_total": "USD 69.45"}, "buyer_total", "USD 69.44"),
        ({"charges": [{"type": "shipping", "amount": "USD 5.00", "borne_by": "buyer"}]}, "buyer_total", "USD 74.44"),
        ({"charges": [{"type": "tax", "amount": "HKD 5.00", "borne_by": "buyer"}]}, "charges[0].amount", "USD"),
        ({"charges": [{"type": "tax", "amount": "USD -5.00", "borne_by": "buyer"}]}, "charges[0].amount", None),
        ({"reference_rate": REFERENCE_USD | {"base": "HKD"}}, "reference_rate", "USD/CNY"),
    ],
)
def test_an_order_that_does_not_add_up_is_refused(other: dict[str, Any], field: str, expected: str | None) -> None:
    facts = {"field": field} | ({"expected": expected} if expected else {})
    selling().when(place(**other)).then_refused(TotalsMismatch, **facts)


def test_what_the_platform_bears_is_not_part_of_the_buyers_total() -> None:
    selling().when(place(charges=[{"type": "tax", "amount": "USD 5.00", "borne_by": "platform"}])).then(OrderPlaced)


@pytest.mark.parametrize("qty", [0, -1])
def test_a_line_has_at_least_one_unit(qty: int) -> None:
    with pytest.raises(ValueError, match="greater than or equal to 1"):
        place(lines=[line("A", qty, "CNY 180.00", "USD 25.00")])


@pytest.mark.parametrize("locale", ["", "klingon!", "en_US"])
def test_a_line_says_in_which_language_it_was_shown(locale: str) -> None:
    with pytest.raises(ValueError, match="language tag such as en-US"):
        place(lines=[line("A", 1, "CNY 180.00", "USD 25.00") | {"locale": locale}])


def test_a_line_is_named_once() -> None:
    with pytest.raises(ValueError, match="its own line_id"):
        place(lines=[line("A", 1, "CNY 180.00", "USD 25.00")] * 2)


def test_money_that_came_before_its_order_pays_for_it() -> None:
    decided = selling(CAPTURED).when(place()).then(OrderPlaced, PaymentAllocated, OrderConfirmed)
    assert decided.event(PaymentAllocated).margin == cny("-1.42")


def test_too_little_money_before_the_order_waits() -> None:
    part = CAPTURED.model_copy(update={"amount": usd("69.43")})
    selling(part).when(place()).then(OrderPlaced)


def test_money_in_another_currency_before_the_order_is_a_break() -> None:
    fields = {field: getattr(CAPTURED, field) for field in PaymentCaptured.model_fields}
    foreign = PaymentCaptured(**fields | {"amount": cny("498.58")})
    decided = selling(foreign).when(place()).then(OrderPlaced, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "unexpected_capture"


def test_a_parcel_that_moved_before_its_order_is_a_break_whichever_is_reported_first() -> None:
    early = dispatched(hours=-48)
    opened = selling(early).when(place(at=NOW)).event(ReconciliationBreakOpened)
    assert (opened.refs["parcel_id"], opened.refs["about"]) == ("P-1", "before_the_order")


def test_a_parcel_that_moved_since_its_order_is_none() -> None:
    selling(dispatched(hours=0)).when(place(at=NOW)).then(OrderPlaced)
