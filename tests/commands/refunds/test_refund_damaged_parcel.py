"""Damaged parcels."""

from typing import Any

import pytest

from ledger.refusals.after_sales import ParcelNotDamaged
from ledger.refusals.catalogue import AfterSalesLocked, RoleNotAllowed
from tests.support.given import BUYER, MERCHANT, PARTNER, PLATFORM
from tests.support.orders import OrderScenario, after_days

PARCEL: dict[str, Any] = {"parcel_id": "P-1", "refund_id": "R-1"}


def damaged(milestone: str = "damaged") -> OrderScenario:
    scenario = OrderScenario().paid().sent(A=2, B=1).received(at=after_days(1))
    scenario.submit("report_tracking", by=PARTNER, parcel_id="P-1", milestone=milestone, at=after_days(3))
    return scenario


@pytest.mark.parametrize("milestone", ["damaged", "destroyed"])
def test_the_buyer_of_a_parcel_that_was_damaged_on_its_way_is_refunded(milestone: str) -> None:
    scenario = damaged(milestone)
    scenario.submit("refund_damaged_parcel", by=PLATFORM, at=after_days(4), **PARCEL)
    assert (scenario.balance("2210", "USD"), scenario.base("5150"), scenario.balance("2120")) == (
        -69_44,
        498_58,
        -475_00,
    )


def test_the_buyer_cannot_ask_for_it_while_it_is_locked() -> None:
    refusal = damaged().refusal("request_refund", by=BUYER, refund_id="R-1", reason="broken", at=after_days(4))
    assert isinstance(refusal, AfterSalesLocked)


def test_what_is_not_damaged_is_not_refunded_so() -> None:
    scenario = OrderScenario().paid().sent(A=2, B=1)
    assert isinstance(scenario.refusal("refund_damaged_parcel", by=PLATFORM, **PARCEL), ParcelNotDamaged)


def test_what_was_signed_for_is_returned_by_its_buyer() -> None:
    scenario = damaged().signed(at=after_days(6))
    assert isinstance(scenario.refusal("refund_damaged_parcel", by=PLATFORM, **PARCEL), ParcelNotDamaged)


def test_only_the_platform_refunds_a_damaged_parcel() -> None:
    assert isinstance(damaged().refusal("refund_damaged_parcel", by=MERCHANT, **PARCEL), RoleNotAllowed)
