"""Payments as captures: shares that add up, so that only the source's own differences remain."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ledger.fx import Rate
from ledger.money import Money
from service.demo.olist.captures import CapturePart, shares
from service.demo.olist.orders import MerchantLine, MerchantOrder
from service.demo.olist.source import Row, SourceOrder, SourcePayment, Table

AT = datetime(2017, 11, 24, 12, tzinfo=UTC)
SOURCE = SourceOrder(Row(Table.ORDERS, 2), "o", "c", "delivered", AT, AT, None, None, None)


def order(number: int, *, centavos: int, local: int) -> MerchantOrder:
    """A merchant order of one item, `centavos` BRL in the source and `local` US cents for the buyer."""
    line = MerchantLine("1", "p", 1, Money(centavos, "BRL"), Money(local * 7, "CNY"), Money(local, "USD"), "t", "t")
    return MerchantOrder(
        source=SOURCE,
        order_id=f"o-{number}",
        merchant_id=f"m{number}",
        buyer_ref="b",
        market="US",
        lines=(line,),
        freight=Money(0, "BRL"),
        shipping=Money(0, "USD"),
        reference_rate=Rate("USD", "CNY", "7", "reference", "test", date(2017, 11, 24)),
        ship_by=AT,
        rows=(),
    )


def payments(*centavos: int) -> list[SourcePayment]:
    return [
        SourcePayment(Row(Table.PAYMENTS, n + 1), "o", n, "voucher", 1, Money(value, "BRL"))
        for n, value in enumerate(centavos, start=1)
    ]


def local(parts: list[CapturePart]) -> list[int]:
    return [part.amount.minor for part in parts]


def test_one_payment_of_all_that_was_asked_is_the_buyers_total() -> None:
    assert local(shares(payments(1501), [order(1, centavos=1501, local=464)])["o-1"]) == [464]


def test_a_payment_that_is_a_cent_short_in_the_source_is_short_here() -> None:
    assert local(shares(payments(1500), [order(1, centavos=1501, local=46_400)])["o-1"]) == [46_369]


def test_thirty_vouchers_add_up_to_the_buyers_total() -> None:
    parts = shares(payments(*[387] * 29, 1), [order(1, centavos=387 * 29 + 1, local=3_471)])["o-1"]
    assert sum(local(parts)) == 3_471


def test_a_payment_of_zero_brings_nothing() -> None:
    assert local(shares(payments(0, 1501), [order(1, centavos=1501, local=464)])["o-1"]) == [0, 464]


def test_a_payment_over_two_sellers_is_split_over_what_each_asks() -> None:
    orders = [order(1, centavos=1501, local=464), order(2, centavos=11_224, local=3_471)]
    parts = shares(payments(10_000, 2_725), orders)
    assert {name: sum(local(part)) for name, part in parts.items()} == {"o-1": 464, "o-2": 3_471}


@given(
    asked=st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), min_size=1, max_size=5),
    paid=st.lists(st.integers(0, 10**6), max_size=31),
)
def test_nothing_of_a_payment_is_lost_or_made_up(asked: list[tuple[int, int]], paid: list[int]) -> None:
    orders = [order(n, centavos=brl, local=usd) for n, (brl, usd) in enumerate(asked, start=1)]
    parts = shares(payments(*paid), orders)
    for number, value in enumerate(paid):
        assert sum(group[number].source_amount.minor for group in parts.values()) == value
    assert all(part.amount.minor >= 0 for group in parts.values() for part in group)


@given(
    asked=st.lists(st.tuples(st.integers(1, 10**7), st.integers(1, 10**7)), min_size=1, max_size=5),
    cuts=st.lists(st.integers(0, 10**7), max_size=30),
)
def test_payments_that_add_up_pay_every_order_exactly(asked: list[tuple[int, int]], cuts: list[int]) -> None:
    whole = sum(brl for brl, _ in asked)
    marks = [0, *sorted(min(cut, whole) for cut in cuts), whole]
    paid = [later - earlier for earlier, later in pairwise(marks)]
    orders = [order(n, centavos=brl, local=usd) for n, (brl, usd) in enumerate(asked, start=1)]
    parts = shares(payments(*paid), orders)
    assert [sum(local(parts[it.order_id])) for it in orders] == [usd for _, usd in asked]
