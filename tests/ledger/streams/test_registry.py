"""Which class remembers which stream."""

import pytest

from ledger.ids import (
    account_guard,
    fx_stream,
    merchant_stream,
    order_stream,
    payouts_stream,
    policy_stream,
    product_stream,
    unmatched_stream,
)
from ledger.streams.account import MerchantAccount
from ledger.streams.merchants import Merchant
from ledger.streams.orders.order import Order
from ledger.streams.payouts import Payouts
from ledger.streams.products import Product
from ledger.streams.reference_data import PolicyHistory, RateHistory, UnmatchedItem
from ledger.streams.registry import blank
from ledger.streams.stream import Stream


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        (order_stream("M-1", "O-1"), Order),
        (merchant_stream("M-1"), Merchant),
        (product_stream("M-1", "tea-1"), Product),
        (payouts_stream("M-1"), Payouts),
        (account_guard("M-1"), MerchantAccount),
        (policy_stream("fees"), PolicyHistory),
        (fx_stream("USD/CNY"), RateHistory),
        (unmatched_stream("psp", "c1"), UnmatchedItem),
        ("period/2025-03", Stream),
    ],
)
def test_every_kind_of_stream_is_remembered_by_its_class(name: str, kind: type[Stream]) -> None:
    stream = blank(name)
    assert (type(stream), stream.name, stream.exists) == (kind, name, False)
