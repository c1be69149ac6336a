"""The types of after-sales request that units allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger.folds.after_sales import UnitLock
from ledger.folds.request_types import RequestType, RequestTypes, request_types
from ledger.policies.return_window import ReturnWindow

SIGNED_AT = datetime(2025, 4, 10, 8, tzinfo=UTC)
WINDOW = ReturnWindow(window=timedelta(days=7))
CLOSES_AT = SIGNED_AT + timedelta(days=7)
BOTH: tuple[RequestType, ...] = ("return_refund", "not_received")


def lock(*, proven_at: datetime | None = None, deemed_at: datetime | None = None) -> UnitLock:
    return UnitLock("A", "P-1", SIGNED_AT - timedelta(days=1), proven_at, deemed_at)


def test_units_without_a_signature_are_claimed_as_not_received() -> None:
    assert request_types(lock(), WINDOW, SIGNED_AT) == RequestTypes(("not_received",), ("not_received",))


def test_the_receipt_of_signed_units_is_denied_only_by_name() -> None:
    found = request_types(lock(proven_at=SIGNED_AT), WINDOW, SIGNED_AT)
    assert found == RequestTypes(("return_refund",), BOTH, CLOSES_AT)


def test_units_that_are_deemed_signed_are_returned_or_claimed() -> None:
    assert request_types(lock(deemed_at=SIGNED_AT), WINDOW, SIGNED_AT) == RequestTypes(BOTH, BOTH, CLOSES_AT)


@pytest.mark.parametrize(("too_late_by", "closed_at"), [(-1, None), (0, CLOSES_AT)])
def test_the_return_window_ends_at_an_instant(too_late_by: int, closed_at: datetime | None) -> None:
    at = CLOSES_AT + timedelta(microseconds=too_late_by)
    assert request_types(lock(proven_at=SIGNED_AT), WINDOW, at).closed_at == closed_at


def test_a_receipt_is_denied_after_the_return_window_too() -> None:
    assert request_types(lock(proven_at=SIGNED_AT), WINDOW, CLOSES_AT).granted == ("not_received",)


def test_a_window_that_was_never_set_never_ends() -> None:
    far = SIGNED_AT + timedelta(days=999)
    assert request_types(lock(proven_at=SIGNED_AT), None, far).offered == ("return_refund",)
