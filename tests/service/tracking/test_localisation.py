"""The buyer's page in the buyer's language."""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, get_args

import pytest
from babel.messages.pofile import read_po

import service.locales
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES, Stage
from ledger.folds.request_types import REQUEST_TYPES
from ledger.ledger import Ledger
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.defaults import default_policies
from projections.engine.views import Views
from projections.tracking.answer import Reason
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.texts import MILESTONE_TEXTS, ORDER_TEXTS
from projections.tracking.tracked_refunds import RefundState
from projections.tracking.tracking import track
from service.tracking.localisation import LANGUAGES, UnknownLocale, UnknownZone, localised, reader_of
from tests.projections.conftest import ledger, views  # noqa: F401 - a ledger of its own
from tests.projections.shop import Shop
from tests.support.given import usd
from tests.support.parcels import PAID, asked_back, at, dispatched, fact, packed, refunded, signed

LOCK = next(d.policy for d in default_policies() if isinstance(d.policy, AfterSalesLock))
LOCALES = ("en-US", "zh-CN", "zh-HK", "pt-MO")
KEYS = {
    *(f"milestone.{word}" for word in MILESTONES),
    *(f"order.{status}" for status in ORDER_TEXTS),
    *(f"stage.{stage}" for stage in get_args(Stage)),
    *(f"after_sales.{reason}" for reason in get_args(Reason)),
    *(f"option.{option}" for option in REQUEST_TYPES),
    *(f"refund.{state}" for state in get_args(RefundState)),
    "after_sales.open_until",
    "promised",
    "late",
    "gap",
}


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:  # noqa: F811
    shop = Shop(ledger, views, CustomerTracking())
    shop.publish(LOCK)
    return shop


def shown(shop: Shop, events: Iterable[Event], locale: str, *, hours: float = 1, zone: str | None = None) -> Any:
    shop.record((*PAID, *events))
    found = track(shop.views, "O-1")
    assert found is not None
    return asdict(localised(found, at(hours), reader_of(locale, market=found.market, zone=zone)))


def catalogue(language: str) -> dict[str, Any]:
    source = Path(service.locales.__path__[0]) / f"{language}.po"
    return {
        str(m.id if isinstance(m.id, str) else m.id[0]): m.string for m in read_po(BytesIO(source.read_bytes())) if m.id
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_text_and_no_other(language: str) -> None:
    found = catalogue(language)
    assert {key for key, text in found.items() if text} == KEYS | {"units"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_names_the_same_facts(language: str) -> None:
    english, other = catalogue("en"), catalogue(language)
    wrong = [key for key in KEYS if _facts(english[key]) != _facts(other[key])]
    assert wrong == []


def _facts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_english_is_what_the_view_says() -> None:
    english = catalogue("en")
    reported = {f"milestone.{k}": v for k, v in MILESTONE_TEXTS.items()} | {
        f"order.{k}": v for k, v in ORDER_TEXTS.items()
    }
    assert {key: english[key] for key in reported} == reported


@pytest.mark.parametrize(
    ("locale", "status"),
    [
        ("en-US", "Shipped by seller"),
        ("zh-CN", "卖家已发货"),
        ("zh-HK", "賣家已出貨"),
        ("pt-MO", "Enviada pelo vendedor"),
    ],
)
def test_a_parcel_says_where_it_is(shop: Shop, locale: str, status: str) -> None:
    assert shown(shop, [packed(), dispatched()], locale)["parcels"][0]["status"] == status


@pytest.mark.parametrize("locale", ["zh-HK", "zh-TW", "zh-MO", "zh-Hant", "zh_Hant_HK", "ZH-hant-hk"])
def test_regions_that_write_traditional_chinese_read_it(locale: str) -> None:
    assert reader_of(locale).text("order.placed") == "等待付款"
    assert reader_of(locale).text("late") == "晚於承諾時間"


@pytest.mark.parametrize(
    ("locale", "when"),
    [
        ("en-US", "Apr 1, 2025, 8:00:00\u202fAM UTC"),
        ("zh-HK", "2025年4月1日 上午8:00:00 UTC"),
        ("pt-MO", "01/04/2025, 8:00:00\u202fa.m. UTC"),
    ],
)
def test_dates_are_written_as_the_locale_does(locale: str, when: str) -> None:
    assert reader_of(locale).when(at(0)) == when


def test_dates_are_in_the_markets_own_zone() -> None:
    assert "下午4:00:00" in str(reader_of("zh-HK", market="HK").when(at(0)))


@pytest.mark.parametrize(("locale", "text"), [("en-US", "$25.00"), ("zh-HK", "US$25.00"), ("pt-MO", "25,00\xa0US$")])
def test_money_is_written_as_the_locale_does(locale: str, text: str) -> None:
    assert reader_of(locale).money(usd("25.00")) == text


@pytest.mark.parametrize(
    ("locale", "texts"),
    [("en", ("1 unit", "2 units")), ("zh-CN", ("1 件", "2 件")), ("pt", ("1 unidade", "2 unidades"))],
)
def test_quantities_are_in_the_plural_of_the_language(locale: str, texts: tuple[str, str]) -> None:
    assert (reader_of(locale).units(1), reader_of(locale).units(2)) == texts


def test_a_locked_parcel_says_until_when(shop: Shop) -> None:
    reported = shown(shop, [packed(), dispatched()], "en-US")["parcels"][0]["after_sales"]
    assert (reported["allowed"], reported["until"]) == (False, "Apr 21, 2025, 8:00:00\u202fAM UTC")
    assert reported["text"].endswith(f"or at {reported['until']}.")


def test_a_signed_parcel_offers_a_return(shop: Shop) -> None:
    reported = shown(shop, [packed(), dispatched(), signed(hours=9)], "zh-CN", hours=10)["parcels"][0]["after_sales"]
    assert reported["options"] == ({"type": "return_refund", "text": "退货退款"},)


def test_an_unsigned_parcel_may_be_claimed_after_twenty_days(shop: Shop) -> None:
    reported = shown(shop, [packed(), dispatched()], "pt-MO", hours=20 * 24)["parcels"][0]["after_sales"]
    assert reported["options"] == ({"type": "not_received", "text": "Não recebi"},)


def test_a_refund_is_shown_in_the_buyers_currency(shop: Shop) -> None:
    (refund,) = shown(shop, [asked_back(A=1)], "en-US")["refunds"]
    assert (refund["status"], refund["amount"]) == ("Refund requested", "$25.00")


@pytest.mark.parametrize("locale", LOCALES)
def test_no_buyer_reads_a_cny_amount_or_a_partners_name(shop: Shop, locale: str) -> None:
    reported = fact("departed", hours=9, carrier="CargoStar", raw_code="EMC-77", location="CargoStar hub")
    way = [packed(warehouse_id="W-77", A=2), dispatched(tracking_no="SF-99"), reported, *refunded(B=1)]
    rendered = json.dumps(shown(shop, way, locale), ensure_ascii=False)
    found = [
        word
        for word in ("CNY", "¥", "180", "140.00", "CargoStar", "EMC-77", "W-77", "SF-99", "500")
        if word in rendered
    ]
    assert found == []
    assert "Product A" in rendered, "there is something to be read"


@pytest.mark.parametrize("locale", ["", "xx", "klingon", "de-DE", "zh-Latn", "../en", "en-US-x-" + "y" * 200])
def test_an_unknown_locale_is_one_clear_sentence(locale: str) -> None:
    with pytest.raises(UnknownLocale, match=r"Use one of en, zh-Hans, zh-Hant, pt\.$"):
        reader_of(locale)


def test_an_unknown_zone_is_one_clear_sentence() -> None:
    with pytest.raises(UnknownZone, match="does not exist"):
        reader_of("en", zone="Moon/Tycho")


def test_lateness_is_that_of_the_reading(shop: Shop) -> None:
    order = shown(shop, [packed(), dispatched()], "en-US", hours=timedelta(days=9) / timedelta(hours=1))
    assert order["parcels"][0]["late"] == "Later than promised"
