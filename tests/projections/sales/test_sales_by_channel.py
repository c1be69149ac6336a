"""Given orders, then what each channel sold."""

from __future__ import annotations

import json
from datetime import date

import pytest

from ledger.events.orders import Channel, OrderPlaced
from ledger.ledger import Ledger
from projections.balances.balances import AsOf
from projections.engine.views import Views
from projections.sales.sales_by_channel import ChannelSales, SalesByChannel, sales
from tests.projections.shop import Shop
from tests.support.given import cny
from tests.support.parcels import PLACED
from tests.support.read_tally import counted


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    return Shop(ledger, views, SalesByChannel())


def placed(**other: object) -> OrderPlaced:
    return PLACED.model_copy(update=other)


LIVE = Channel(type="live_stream", content_id="L-7", creator_id="KOL-3")


def test_orders_of_one_channel_and_day_are_one_row(shop: Shop) -> None:
    shop.record([placed(channel=LIVE)])
    shop.record([placed(channel=LIVE, order_id="O-2")], stream="order/M-1/O-2")
    expected = ChannelSales("M-1", "live_stream", "L-7", "KOL-3", "US", date(2025, 4, 1), 2, cny("1000.00"))
    assert sales(shop.views) == (expected,)


def test_a_store_has_no_creator(shop: Shop) -> None:
    shop.record([PLACED])
    (row,) = sales(shop.views)
    assert (row.channel, row.content_id, row.creator_id) == ("store", "", "")


def test_a_creator_is_asked_for_by_name(shop: Shop) -> None:
    shop.record([PLACED])
    shop.record([placed(channel=LIVE)], stream="order/M-1/O-2")
    assert [row.channel for row in sales(shop.views, creator_id="KOL-3")] == ["live_stream"]


def test_days_outside_are_left_out(shop: Shop) -> None:
    shop.record([PLACED])
    assert sales(shop.views, from_day=date(2025, 4, 2)) == ()


def test_sales_as_once_known_leave_out_what_was_placed_later(shop: Shop) -> None:
    shop.record([PLACED])
    known = shop.ledger.reader.heads()
    shop.record([placed(order_id="O-2")], stream="order/M-1/O-2")
    assert [row.orders for row in sales(shop.views, timepoint=AsOf(at=known))] == [1]
    assert [row.orders for row in sales(shop.views, timepoint=AsOf(at=shop.ledger.reader.heads()))] == [2]


def test_sales_as_of_a_day_end_with_it(shop: Shop) -> None:
    shop.record([PLACED])
    days = (date(2025, 3, 31), date(2025, 4, 1))
    assert [len(sales(shop.views, timepoint=AsOf(as_of=day))) for day in days] == [0, 1]


def test_a_merchant_sees_its_own(shop: Shop) -> None:
    shop.record([PLACED])
    assert sales(shop.views, merchant="M-2") == ()


def test_no_row_names_a_buyer(shop: Shop) -> None:
    shop.record([placed(buyer_ref="Buyer-77", ship_to_ref="Home-77")])
    assert "77" not in json.dumps([str(row) for row in sales(shop.views)])


def test_the_view_equals_one_built_anew(shop: Shop) -> None:
    shop.record([PLACED, PLACED], one_by_one=True)
    assert shop.differences() == 0


def test_a_page_reads_its_own_rows_and_goes_on_after_its_key(shop: Shop) -> None:
    for number in range(6):
        channel = LIVE.model_copy(update={"content_id": f"L-{number}"})
        shop.record([placed(channel=channel)], stream=f"order/M-1/O-{number}")
    whole = sales(shop.views)
    with counted(shop.ledger.engine) as of_all:
        sales(shop.views)
    with counted(shop.ledger.engine) as of_page:
        first = sales(shop.views, limit=2)
    last = first[-1]
    after = (last.day, last.merchant, last.channel, last.content_id, last.creator_id, last.market)
    assert first == whole[:2]
    assert sales(shop.views, after=after) == whole[2:]
    assert of_all.rows - of_page.rows == 4
