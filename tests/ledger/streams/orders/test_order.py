"""The state of an order after its events."""

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderCancelled, OrderCompleted, OrderExpired
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import order_stream
from ledger.streams.orders.order import Order
from ledger.streams.orders.status import OrderStatus
from ledger.streams.units.units import OrderUnits
from tests.support.given import NOW, usd
from tests.support.parcels import (
    CAPTURED,
    CONFIRMED,
    PAID,
    PLACED,
    asked_back,
    dispatched,
    fact,
    packed,
    refunded,
    signed,
)

CANCELLED = OrderCancelled(order_id="O-1", reason="changed_mind", by="buyer", cancelled_at=NOW)
COMPLETED = OrderCompleted(order_id="O-1", completed_at=NOW)
EXPIRED = OrderExpired(order_id="O-1", reason="unpaid")
ALL_SENT = (packed(A=2, B=1), dispatched())


def order(*events: Event) -> Order:
    remembered = Order(order_stream("M-1", "O-1"))
    for event in events:
        remembered.apply(event)
    return remembered


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ((), "unplaced"),
        ((CAPTURED,), "unplaced"),
        ((PLACED,), "placed"),
        (PAID, "confirmed"),
        ((*PAID, packed(A=2, B=1)), "confirmed"),
        ((*PAID, packed(A=2), dispatched()), "dispatching"),
        ((*PAID, *ALL_SENT), "in_transit"),
        ((*PAID, *ALL_SENT, signed(hours=100)), "delivered"),
        ((*PAID, *refunded(B=1), packed(A=2), dispatched()), "in_transit"),
        ((*PAID, *ALL_SENT, signed(hours=100), COMPLETED), "completed"),
        ((PLACED, CANCELLED), "cancelled"),
        ((PLACED, EXPIRED), "expired"),
    ],
)
def test_the_status_follows_from_the_quantities(events: tuple[Event, ...], status: OrderStatus) -> None:
    assert order(*events).status == status


def test_personal_data_is_the_buyers_once_the_buyer_is_known() -> None:
    assert (order(CAPTURED).subject, order(CAPTURED, PLACED).subject) == ("order/M-1/O-1", "B-1")


def test_a_capture_may_open_the_stream() -> None:
    captures = order(CAPTURED).payments.captures
    assert captures["cap-1"].amount == usd("69.44")


def test_a_carriers_fact_may_open_the_stream() -> None:
    assert order(fact("departed", hours=1)).parcels.of("P-1") is not None


def test_nothing_is_pending_before_the_order_is_paid() -> None:
    assert order(PLACED).lines["A"].pending == 0


def test_all_that_is_paid_is_pending() -> None:
    assert {line_id: book.pending for line_id, book in order(*PAID).lines.items()} == {"A": 2, "B": 1}


def test_what_the_platform_refunded_is_still_the_merchants() -> None:
    assert order(*PAID, *refunded(B=1)).lines["B"].pending == 1


def test_what_has_left_is_no_longer_unshipped() -> None:
    remembered = order(*PAID, packed(A=1), dispatched())
    assert (remembered.unshipped("A"), remembered.unshipped("B")) == (1, 1)


def test_what_the_warehouse_turned_away_is_the_merchants_to_send_again() -> None:
    turned_away = fact("rejected_at_warehouse", hours=10)
    assert order(*PAID, packed(A=2), dispatched(), turned_away).unshipped("A") == 2


def test_what_is_asked_back_is_not_free() -> None:
    remembered = order(*PAID, asked_back(A=1))
    assert (remembered.free("A"), remembered.unshipped("A")) == (1, 2)


def test_what_was_refunded_in_a_parcel_that_has_left_is_counted_once() -> None:
    remembered = order(*PAID, packed(A=1), dispatched(), *refunded(A=1, parcel_id="P-1"))
    assert remembered.unshipped("A") == 1


def test_an_open_case_is_found_by_its_units() -> None:
    units = OrderUnits(order(*PAID, asked_back(A=1)))
    case = units.case_about(units.at("A", None))
    assert case is not None
    assert case.id == "R-1"


def test_a_decided_case_is_about_no_units() -> None:
    units = OrderUnits(order(*PAID, *refunded(A=1)))
    assert units.case_about(units.at("A", None)) is None


def test_unexpected_money_is_set_aside() -> None:
    opened = ReconciliationBreakOpened(
        break_id="b-1",
        kind="unexpected_capture",
        expected="USD",
        actual="",
        refs={"capture_ref": "cap-1"},
        opened_at=NOW,
    )
    assert list(order(CAPTURED, opened).payments.usable("USD")) == []


def test_looking_ahead_changes_nothing() -> None:
    now = order(*PAID)
    later = now.after(*refunded(A=1))
    assert (now.lines["A"].refunded, later.lines["A"].refunded, now.version) == (0, 1, len(PAID))


def test_what_was_confirmed_says_since_when() -> None:
    assert order(*PAID).confirmed_at == CONFIRMED.confirmed_at
