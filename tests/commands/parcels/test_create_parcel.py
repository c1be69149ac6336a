"""Packing some of an order's units."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from commands.parcels.create_parcel import CreateParcel
from ledger.events.parcels import ParcelCreated
from ledger.refusals.catalogue import (
    LineAlreadyRefunded,
    LineNotFound,
    OrderNotConfirmed,
    ParcelAlreadyExists,
    QtyExceedsRemaining,
    RefundPendingOnLine,
)
from tests.support.given import MERCHANT, ask, given
from tests.support.parcels import (
    CAPTURED,
    ORDER,
    PAID,
    PLACED,
    asked_back,
    dispatched,
    fact,
    packed,
    refunded,
    signed,
)


def create(parcel_id: str = "P-1", **qty: int) -> CreateParcel:
    items: list[dict[str, Any]] = [{"line_id": line_id, "qty": n} for line_id, n in qty.items()]
    return ask(CreateParcel, by=MERCHANT, **ORDER, parcel_id=parcel_id, items=items, warehouse_id="W-1")


def test_a_parcel_of_a_paid_order_is_created() -> None:
    given(*PAID).when(create(A=2)).then(packed(A=2))


def test_an_order_that_is_not_paid_is_not_packed() -> None:
    given(PLACED).when(create(A=1)).then_refused(OrderNotConfirmed, status="placed")


def test_an_order_that_is_paid_for_but_not_placed_is_not_packed() -> None:
    given(CAPTURED).when(create(A=1)).then_refused(OrderNotConfirmed, status="unplaced")


def test_a_line_the_order_does_not_have_is_not_packed() -> None:
    given(*PAID).when(create(Z=1)).then_refused(LineNotFound, line_id="Z")


def test_no_more_than_was_ordered_is_packed() -> None:
    given(*PAID).when(create(A=3)).then_refused(QtyExceedsRemaining, line_id="A", asked=3, remaining=2)


def test_a_line_named_twice_counts_as_one_sum() -> None:
    items = [{"line_id": "A", "qty": 2}, {"line_id": "A", "qty": 1}]
    command = ask(CreateParcel, **ORDER, parcel_id="P-1", items=items, warehouse_id="W-1")
    given(*PAID).when(command).then_refused(QtyExceedsRemaining, asked=3)


def test_what_another_parcel_holds_is_not_packed_again() -> None:
    given(*PAID, packed(A=1)).when(create("P-2", A=2)).then_refused(QtyExceedsRemaining, remaining=1)


def test_what_is_on_its_way_is_not_packed_again() -> None:
    history = (*PAID, packed(A=2), dispatched())
    given(*history).when(create("P-2", A=1)).then_refused(QtyExceedsRemaining, remaining=0)


def test_what_was_delivered_is_not_packed_again() -> None:
    history = (*PAID, packed(A=2), dispatched(), signed(hours=90))
    given(*history).when(create("P-2", A=1)).then_refused(QtyExceedsRemaining, remaining=0)


def test_what_the_warehouse_turned_away_is_packed_again() -> None:
    history = (*PAID, packed(A=2), dispatched(), fact("rejected_at_warehouse", hours=9))
    given(*history).when(create("P-2", A=2)).then(packed("P-2", A=2))


def test_what_was_refunded_is_not_packed() -> None:
    given(*PAID, *refunded(B=1)).when(create(B=1)).then_refused(LineAlreadyRefunded, line_id="B", refunded=1)


def test_what_is_left_beside_a_refund_is_packed() -> None:
    given(*PAID, *refunded(A=1)).when(create(A=1)).then(packed(A=1))


def test_units_with_an_open_refund_request_wait() -> None:
    given(*PAID, asked_back(A=1)).when(create(A=2)).then_refused(RefundPendingOnLine, refund_id="R-1")


def test_units_beside_an_open_refund_request_are_packed() -> None:
    given(*PAID, asked_back(A=1)).when(create(A=1)).then(packed(A=1))


def test_a_parcel_that_waits_for_a_refund_request_holds_no_other_units_back() -> None:
    given(*PAID, packed(A=2), asked_back(A=1)).when(create("P-2", A=1)).then(packed("P-2", A=1))


def test_a_request_about_another_line_holds_nothing_back() -> None:
    given(*PAID, asked_back(A=1)).when(create(B=1)).then(packed(B=1))


def test_a_claim_about_units_on_their_way_holds_nothing_back() -> None:
    history = (*PAID, packed(A=1), dispatched(), asked_back(A=1, parcel_id="P-1"))
    given(*history).when(create("P-2", A=1)).then(packed("P-2", A=1))


def test_a_packed_parcel_that_a_refund_has_stopped_frees_its_other_units() -> None:
    given(*PAID, packed(A=2), *refunded(A=1)).when(create("P-2", A=1)).then(packed("P-2", A=1))


def test_a_parcel_is_created_once() -> None:
    given(*PAID, packed(A=1)).when(create(A=1)).then_refused(ParcelAlreadyExists, parcel_id="P-1")


def test_a_parcel_that_was_only_heard_of_can_be_created() -> None:
    given(*PAID, fact("noted", hours=1)).when(create(A=1)).then(ParcelCreated)


@pytest.mark.parametrize("qty", [0, -1])
def test_a_parcel_holds_whole_positive_units(qty: int) -> None:
    with pytest.raises(ValidationError):
        create(A=qty)


def test_a_parcel_holds_something() -> None:
    with pytest.raises(ValidationError):
        create()
