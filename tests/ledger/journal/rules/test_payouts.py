"""Postings of merchant money after the sale (P4–P6, P17) and of unmatched items (P1), as the domain's table has
them."""

from datetime import UTC, date, datetime

import pytest

from ledger.events.event import Event
from ledger.events.platform import UnmatchedFactMatched, UnmatchedPaymentCaptured
from ledger.events.settlement import (
    HoldReleased,
    PayoutCancelled,
    PayoutFailed,
    PayoutInitiated,
    PayoutPaid,
    PayoutReturned,
    SettlementHeld,
    SettlementReleased,
)
from ledger.fx import Rate
from ledger.journal.posting import post
from tests.support.given import cny, usd

AT = datetime(2025, 4, 1, tzinfo=UTC)
PAYOUT = {"payout_id": "P-1", "merchant_id": "M-1", "amount": cny("342.00"), "account_ref": "acc-1"}
HOLD = {
    "hold_id": "H-1",
    "merchant_id": "M-1",
    "order_id": "O-1",
    "line_id": "A",
    "amount": cny("10.00"),
    "reason": "evidence",
}


def released(*, fee: str, vat: str, net: str) -> SettlementReleased:
    return SettlementReleased(
        merchant_id="M-1",
        order_id="O-1",
        line_id="A",
        market="US",
        qty=2,
        gross=cny("360.00"),
        fee=cny(fee),
        vat=cny(vat),
        net=cny(net),
        fee_rate_bps=500,
        fee_schedule_version=1,
        rule="signed_off",
        rule_version=1,
        due_at=AT,
        released_at=AT,
    )


def lines(event: Event) -> dict[str, str]:
    """CNY base by account, debit positive."""
    entry = post(event)
    assert entry is not None
    return {line.account: f"{line.base / 100:.2f}" for line in entry.lines}


@pytest.mark.parametrize(
    ("event", "posted"),
    [
        (released(fee="18.00", vat="0", net="342.00"), {"2110": "360.00", "2120": "-342.00", "4110": "-18.00"}),
        (
            released(fee="16.98", vat="1.02", net="342.00"),
            {"2110": "360.00", "2120": "-342.00", "4110": "-16.98", "2410": "-1.02"},
        ),
        (PayoutInitiated(**PAYOUT, account_verified_at=AT, initiated_at=AT), {"2120": "342.00", "2140": "-342.00"}),
        (PayoutPaid(**PAYOUT, value_date=date(2025, 4, 2)), {"2140": "342.00", "1010": "-342.00"}),
        (
            PayoutPaid(**PAYOUT, value_date=date(2025, 4, 2), given_back_before=True),
            {"2120": "342.00", "1010": "-342.00"},
        ),
        (PayoutFailed(**PAYOUT, code="AC04", failed_at=AT), {"2140": "342.00", "2120": "-342.00"}),
        (PayoutCancelled(**PAYOUT, code="recalled", cancelled_at=AT), {"2140": "342.00", "2120": "-342.00"}),
        (PayoutReturned(**PAYOUT, code="AC04", value_date=date(2025, 4, 3)), {"1010": "342.00", "2120": "-342.00"}),
        (SettlementHeld(**HOLD, held_from="pending", held_at=AT), {"2110": "10.00", "2130": "-10.00"}),
        (SettlementHeld(**HOLD, held_from="available", held_at=AT), {"2120": "10.00", "2130": "-10.00"}),
        (HoldReleased(**HOLD, held_from="pending", hold_released_at=AT), {"2130": "10.00", "2110": "-10.00"}),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Event) else "",
)
def test_what_happens_to_merchant_money_is_posted_by_the_table(event: Event, posted: dict[str, str]) -> None:
    assert lines(event) == posted


CAPTURED = UnmatchedPaymentCaptured(
    psp="psp",
    capture_ref="c1",
    amount=usd("69.44"),
    book_rate=Rate("USD", "CNY", "7.1800", "book", "test", date(2025, 4, 1)),
    base=cny("498.58"),
    refs={},
    happened_at=AT,
)


def test_money_without_an_order_stands_among_unallocated_buyer_funds() -> None:
    assert lines(CAPTURED) == {"1110": "498.58", "2220": "-498.58"}


def test_matching_takes_the_money_out_of_book_0_again() -> None:
    matched = UnmatchedFactMatched(
        system="psp", reference="c1", streams=("order/M-1/O-1",), psp="psp",
        amount=CAPTURED.amount, base=CAPTURED.base, matched_at=AT,
    )  # fmt: skip
    assert lines(matched) == {"2220": "498.58", "1110": "-498.58"}


def test_matching_a_fact_without_money_posts_nothing() -> None:
    matched = UnmatchedFactMatched(system="carrier", reference="s1", streams=("order/M-1/O-1",), matched_at=AT)
    assert post(matched) is None
