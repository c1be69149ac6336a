"""Source orders as merchant orders: prices at the day's crosses, the buyer's market, lines and names."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from ledger.money import Money
from service.adapters.ecb import read_ecb
from service.demo.olist.folder import Folder, read_folder
from service.demo.olist.orders import CURRENCIES, MerchantOrder, OrderMaker, market_of
from service.demo.olist.rates import ImportRates
from tests.service.demo.olist.sample import hexed


@pytest.fixture
def source(folder: Path) -> Folder:
    return read_folder(folder)


@pytest.fixture
def rates(rate_file: Path) -> ImportRates:
    return ImportRates(read_ecb(rate_file), first=date(2017, 11, 24), last=date(2017, 11, 30))


@pytest.fixture
def orders(source: Folder, rates: ImportRates) -> dict[str, list[MerchantOrder]]:
    maker = OrderMaker(source, rates)
    return {order.order_id: maker.merchant_orders(order) for order in source.orders}


def test_a_list_price_is_the_price_in_reais_at_the_cross_of_the_day(orders: dict[str, list[MerchantOrder]]) -> None:
    # 2017-11-24 in the sample file: 7.8043 CNY and 3.8451 BRL for one euro, 2.02967 CNY for one BRL.
    ((line,),) = [order.lines for order in orders[hexed("plain")]]
    assert (line.source_price, line.unit_list) == (Money(1000, "BRL"), Money(2030, "CNY"))


def test_the_reference_price_is_what_the_reference_rate_makes_of_a_unit(
    orders: dict[str, list[MerchantOrder]],
) -> None:
    for order in (order for group in orders.values() for order in group):
        for line in order.lines:
            assert line.unit_reference == order.reference_rate.convert_back(line.unit_list)


def test_freight_is_a_charge_in_the_buyers_currency_through_cny(
    orders: dict[str, list[MerchantOrder]], rates: ImportRates
) -> None:
    (order,) = orders[hexed("plain")]
    through_cny = order.reference_rate.convert_back(rates.in_cny(Money(501, "BRL"), date(2017, 11, 24)))
    assert (order.freight, order.shipping) == (Money(501, "BRL"), through_cny)


def test_units_of_one_product_at_one_price_are_one_line(orders: dict[str, list[MerchantOrder]]) -> None:
    (order,) = orders[hexed("two units")]
    assert [(line.line_id, line.qty) for line in order.lines] == [("1", 2)]
    assert len(order.rows) == 2


def test_every_seller_has_an_order_of_its_own_under_one_checkout(orders: dict[str, list[MerchantOrder]]) -> None:
    checkout = hexed("two sellers")
    found = [(order.order_id, order.merchant_id) for order in orders[checkout]]
    assert found == [(f"{checkout}-1", hexed("ana")), (f"{checkout}-2", hexed("bruno"))]


def test_an_order_without_items_is_no_merchants(orders: dict[str, list[MerchantOrder]]) -> None:
    assert orders[hexed("without items")] == []


def test_titles_are_the_category_and_its_english_name(orders: dict[str, list[MerchantOrder]]) -> None:
    titles = [(line.title_source, line.title_shown) for order in orders[hexed("two sellers")] for line in order.lines]
    assert titles == [("beleza_saude", "health_beauty"), ("uncategorised", "uncategorised")]


def test_a_person_is_always_in_the_same_market() -> None:
    assert [market_of(hexed(f"person {n}")) for n in range(6)] == ["US", "MO", "MO", "MO", "HK", "MO"]


def test_markets_have_about_a_third_of_the_people_each() -> None:
    found = Counter(market_of(hexed(f"person {n}")) for n in range(3_000))
    assert set(found) == set(CURRENCIES)
    assert all(900 < people < 1_100 for people in found.values()), found


def test_patacas_follow_from_hong_kong_dollars_by_the_peg(rates: ImportRates) -> None:
    day = date(2017, 11, 24)
    hkd, mop = rates.reference("HKD", day), rates.reference("MOP", day)
    assert mop.convert_back(hkd.convert(Money(10_000, "HKD"))) == Money(10_300, "MOP")


def test_rates_are_recorded_for_every_business_day_of_the_range(rates: ImportRates) -> None:
    days = sorted({rate.as_of.isoformat() for rate in rates.recorded})
    assert days == [f"2017-11-{day}" for day in (24, 27, 28, 29, 30)]
