"""A capture without an order."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from commands.unmatched.report_unmatched_payment import ReportUnmatchedPayment
from ledger.events.platform import UnmatchedPaymentCaptured
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.money import Money
from ledger.policies.reference_pricing import ReferencePricing
from tests.support.given import PARTNER, RATES, ask, cny, given, instant


def capture(**other: Any) -> ReportUnmatchedPayment:
    said = {"psp": "psp", "capture_ref": "c1", "amount": "USD 69.44", "refs": {"checkout": "C-7"}}
    return ask(ReportUnmatchedPayment, by=PARTNER, **{**said, **other})


def test_a_capture_without_an_order_is_recorded_at_the_book_rate_of_its_day() -> None:
    event = given().when(capture()).then(UnmatchedPaymentCaptured).event(UnmatchedPaymentCaptured)
    assert (event.book_rate, event.base) == (RATES[1], cny("498.58"))


def test_it_stands_unmatched_under_the_providers_name_for_it() -> None:
    assert capture().stream == "unmatched/psp/c1"


def test_it_keeps_the_time_the_provider_gives() -> None:
    event = given().when(capture(occurred_at="2025-03-31T10:00:00Z")).event(UnmatchedPaymentCaptured)
    assert event.happened_at == instant("2025-03-31T10:00:00Z")


def test_the_same_capture_again_changes_nothing() -> None:
    given(*given().when(capture()).events).when(capture()).then_nothing()


def test_the_same_capture_over_another_amount_posts_nothing_and_opens_a_break() -> None:
    first = given().when(capture()).events
    break_ = given(*first).when(capture(amount="USD 69.45")).then(ReconciliationBreakOpened)
    event = break_.event(ReconciliationBreakOpened)
    assert (event.kind, event.expected, event.actual) == ("amount_mismatch", "USD 69.44", "USD 69.45")


def test_without_any_book_rate_it_cannot_be_carried_and_somebody_must_look() -> None:
    break_ = given(rates=()).when(capture()).then(ReconciliationBreakOpened)
    assert break_.event(ReconciliationBreakOpened).kind == "rate_missing"


def test_at_a_rate_older_than_a_decision_may_use_it_is_booked_and_flagged() -> None:
    strict = ReferencePricing(rate_kind="reference", quote_validity=timedelta(hours=1), max_rate_age=timedelta(days=3))
    done = given(policies=(strict,)).when(capture()).then(UnmatchedPaymentCaptured, ReconciliationBreakOpened)
    assert done.event(ReconciliationBreakOpened).kind == "stale_rate"


@pytest.mark.parametrize("amount", ["USD 0.00", "USD -1.00", "USD 1.001", "XYZ 1.00", 69.44], ids=str)
def test_a_capture_of_no_amount_is_malformed(amount: Any) -> None:
    with pytest.raises(ValidationError):
        capture(amount=amount)


def test_what_was_captured_beyond_it_is_a_further_step_of_the_same_capture() -> None:
    first = given().when(capture(cumulative=True)).events
    event = given(*first).when(capture(amount="USD 80.00", cumulative=True)).event(UnmatchedPaymentCaptured)
    assert event.amount == Money.of("10.56", "USD")


@pytest.mark.parametrize("amount", ["USD 69.44", "USD 80.00"])
def test_an_older_report_of_what_was_captured_so_far_changes_nothing(amount: str) -> None:
    first = given().when(capture(amount="USD 80.00", cumulative=True)).events
    given(*first).when(capture(amount=amount, cumulative=True)).then_nothing()
