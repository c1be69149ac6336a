"""The worked example of domain §3.4, to the cent: capture, allocation, a return of B, release of A."""

from datetime import date

import pytest

from ledger.events.event import Event
from ledger.events.refunds import RefundApproved, RefundSucceeded
from ledger.events.settlement import SettlementReleased
from ledger.fx import Rate
from ledger.journal.posting import post
from tests.support.given import BUYER, PARTNER, PLATFORM
from tests.support.orders import OrderScenario


def _book(value: str, day: int) -> Rate:
    return Rate("USD", "CNY", value, "book", "test", date(2025, 4, day))


def lines(event: Event) -> list[tuple[str, int, int]]:
    """An entry as (account, amount in its own currency, base), debit positive."""
    entry = post(event)
    assert entry is not None
    return [(line.account, line.amount, line.base) for line in entry.lines]


@pytest.fixture
def scenario() -> OrderScenario:
    """Paid on 1 April, signed on the 5th, B asked back and approved on the 8th, paid back on the 9th, A released."""
    reported = OrderScenario(rates=(_book("7.1800", 1), _book("7.1700", 8), _book("7.1600", 9)))
    reported.paid().sent(A=2, B=1).received().signed(at="2025-04-05T08:00:00Z")
    reported.submit(
        "request_refund",
        by=BUYER,
        at="2025-04-08T08:00:00Z",
        refund_id="R-1",
        lines=[{"line_id": "B", "qty": 1}],
        reason="broken",
    )
    reported.submit("approve_refund", by=PLATFORM, at="2025-04-08T09:00:00Z", refund_id="R-1", round=1)
    reported.submit("submit_refund", at="2025-04-08T10:00:00Z", refund_id="R-1")
    reported.submit(
        "report_refund_outcome",
        by=PARTNER,
        at="2025-04-09T08:00:00Z",
        attempt_id="R-1.1",
        psp="stripe",
        psp_refund_ref="re-1",
        outcome="succeeded",
        amount="USD 19.44",
    )
    reported.submit("release_settlement", at="2025-04-12T08:00:00Z")
    return reported


def _of(scenario: OrderScenario, kind: type[Event]) -> Event:
    (found,) = (event for event in scenario.events if isinstance(event, kind))
    return found


def test_row_1_the_capture_is_owed_by_the_provider_and_unallocated(scenario: OrderScenario) -> None:
    assert lines(scenario.events[1]) == [("1110", 69_44, 498_58), ("2220", -69_44, -498_58)]


def test_row_2_the_allocation_gives_the_merchant_its_list_price_by_line(scenario: OrderScenario) -> None:
    assert lines(scenario.events[2]) == [
        ("2220", 69_44, 498_58),
        ("2110", -360_00, -360_00),
        ("2110", -140_00, -140_00),
        ("4210", 1_42, 1_42),
    ]


def test_row_6_the_approved_refund_of_b_takes_the_list_price_back(scenario: OrderScenario) -> None:
    assert lines(_of(scenario, RefundApproved)) == [
        ("2110", 140_00, 140_00),
        ("4210", -42, -42),
        ("5210", -20, -20),
        ("2210", -19_44, -139_38),
    ]


def test_row_7_the_refund_is_paid_at_the_rate_of_its_day(scenario: OrderScenario) -> None:
    assert lines(_of(scenario, RefundSucceeded)) == [
        ("2210", 19_44, 139_38),
        ("1110", -19_44, -139_19),
        ("5210", -19, -19),
    ]


def test_row_9_the_release_of_a_takes_the_fee(scenario: OrderScenario) -> None:
    assert lines(_of(scenario, SettlementReleased)) == [
        ("2110", 360_00, 360_00),
        ("2120", -342_00, -342_00),
        ("4110", -18_00, -18_00),
    ]


@pytest.mark.parametrize(("account", "currency"), [("2110", "CNY"), ("2210", "USD"), ("2220", "USD")])
def test_nothing_is_left_between_the_parties(scenario: OrderScenario, account: str, currency: str) -> None:
    assert (scenario.balance(account, currency), scenario.base(account)) == (0, 0)


def test_the_merchant_sees_the_list_price_less_what_came_back_less_the_fee(scenario: OrderScenario) -> None:
    assert scenario.balance("2120") == -342_00


def test_a_return_after_release_takes_back_the_net_and_gives_back_the_fee() -> None:
    reported = OrderScenario(rates=(_book("7.1800", 1), _book("7.1700", 20)))
    reported.paid().sent(A=2, B=1).signed(at="2025-04-05T08:00:00Z")
    reported.submit("release_settlement", at="2025-04-12T08:00:00Z")
    reported.submit(
        "request_refund",
        by=BUYER,
        at="2025-04-20T08:00:00Z",
        refund_id="R-1",
        lines=[{"line_id": "B", "qty": 1}],
        reason="broken",
    )
    reported.submit("approve_refund", by=PLATFORM, at="2025-04-20T09:00:00Z", refund_id="R-1", round=1)
    assert lines(_of(reported, RefundApproved)) == [
        ("2120", 133_00, 133_00),
        ("4120", 7_00, 7_00),
        ("4210", -42, -42),
        ("5210", -20, -20),
        ("2210", -19_44, -139_38),
    ]
