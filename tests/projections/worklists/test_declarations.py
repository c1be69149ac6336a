"""Given declarations, orders and payments, then whether they tie."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.events.event import Event
from ledger.ledger import Ledger
from projections.engine.views import Views
from projections.worklists.declarations import Declarations, Tie, ties
from tests.projections.shop import Shop
from tests.support.given import usd
from tests.support.parcels import ALLOCATED, CAPTURED, PAID, PLACED, at, fact, packed
from tests.support.read_tally import counted


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    return Shop(ledger, views, Declarations())


def declared(number: str = "D-1", *, mode: str = "9610", parcel_id: str = "P-1") -> Event:
    return fact("export_declared", hours=9, parcel_id=parcel_id, customs_mode=mode, declaration_no=number)


def one(shop: Shop, *events: Event) -> Tie:
    shop.record(events)
    (tie,) = ties(shop.views)
    return tie


def test_declaration_order_and_payment_tie(shop: Shop) -> None:
    tie = one(shop, *PAID, packed(), declared())
    assert (tie.declaration_no, tie.order_id, tie.captures, tie.captured, tie.mismatches) == (
        "D-1", "O-1", ("cap-1",), usd("69.44"), ()
    )  # fmt: skip


def test_parcels_on_one_declaration_are_one_tie(shop: Shop) -> None:
    assert one(shop, *PAID, declared(), declared(parcel_id="P-2")).parcels == ("P-1", "P-2")


def test_no_receipt_of_payment_does_not_tie(shop: Shop) -> None:
    assert one(shop, PLACED, declared()).mismatches == ("no_payment",)


def test_a_payment_that_came_later_ties_after_all(shop: Shop) -> None:
    assert one(shop, PLACED, declared(), CAPTURED).mismatches == ()


def test_another_amount_than_the_buyers_total_does_not_tie(shop: Shop) -> None:
    less = CAPTURED.model_copy(update={"amount": usd("60.00")})
    assert one(shop, PLACED, less, declared()).mismatches == ("payment_unequal",)


def test_a_declaration_of_an_order_nobody_placed_does_not_tie(shop: Shop) -> None:
    assert one(shop, declared()).mismatches == ("no_order", "no_payment")


def test_one_declaration_for_two_orders_does_not_tie(shop: Shop) -> None:
    shop.record([*PAID, declared()])
    shop.record([*PAID, declared()], stream="order/M-2/O-2", book=2)
    assert [tie.mismatches for tie in ties(shop.views)] == [("shared_declaration",)] * 2


def test_other_modes_may_declare_several_orders_at_once(shop: Shop) -> None:
    shop.record([*PAID, declared(mode="9810")])
    shop.record([*PAID, declared(mode="9810")], stream="order/M-2/O-2", book=2)
    assert ties(shop.views, only_mismatches=True) == ()


def test_a_parcel_that_left_without_a_declaration_is_listed(shop: Shop) -> None:
    assert one(shop, *PAID, fact("departed", hours=20)).mismatches == ("not_declared",)


def test_a_declaration_that_came_after_the_departure_ties(shop: Shop) -> None:
    assert one(shop, *PAID, fact("departed", hours=20), declared()).mismatches == ()


def test_what_was_cancelled_before_it_was_paid_is_not_missed(shop: Shop) -> None:
    allocated = ALLOCATED.model_copy(update={"amount": usd("60.00")})
    less = CAPTURED.model_copy(update={"amount": usd("60.00")})
    assert one(shop, PLACED, less, allocated, declared()).mismatches == ()


def test_what_may_still_be_reported_is_left_out(shop: Shop) -> None:
    shop.record([PLACED, declared()])
    asked = [ties(shop.views, only_mismatches=True, known_until=at(hours)) for hours in (8, 9)]
    assert [len(found) for found in asked] == [0, 1]


def pages(shop: Shop, limit: int, **chosen: Any) -> list[list[Tie]]:
    found: list[list[Tie]] = [list(ties(shop.views, limit=limit, **chosen))]
    while found[-1]:
        last = found[-1][-1]
        key = (last.declaration_no, last.merchant, last.order_id)
        found.append(list(ties(shop.views, limit=limit, after=key, **chosen)))
    return found[:-1]


@pytest.mark.parametrize("chosen", [{}, {"merchant": "M-2"}, {"only_mismatches": True}])
@pytest.mark.parametrize("limit", [1, 2, 5])
def test_the_pages_are_the_whole_list_also_where_they_part_a_declaration(
    shop: Shop, limit: int, chosen: dict[str, Any]
) -> None:
    for number, book, declaration in ((1, 1, "D-1"), (2, 2, "D-1"), (3, 2, "D-2"), (4, 1, ""), (5, 2, "")):
        left = declared(declaration) if declaration else fact("departed", hours=20)
        shop.record([*PAID, left], stream=f"order/M-{book}/O-{number}", book=book)
    whole = ties(shop.views, **chosen)
    assert len(whole) > 1
    assert [tie for page in pages(shop, limit, **chosen) for tie in page] == list(whole)


def test_a_page_reads_its_own_orders_and_not_the_list(shop: Shop) -> None:
    read = list[int]()
    for size in (5, 20):
        for number in range(size):
            shop.record([*PAID, declared(f"D-{number}")], stream=f"order/M-1/O-{size}-{number}")
        with counted(shop.ledger.engine) as tally:
            assert len(ties(shop.views, limit=2)) == 2
        read.append(tally.rows)
    assert read[0] == read[1]


def test_the_view_equals_one_built_anew(shop: Shop) -> None:
    shop.record([*PAID, fact("departed", hours=20), declared()], one_by_one=True)
    assert shop.differences() == 0
