"""Given promises and parcels, then who is late to the warehouse and whom to warn."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from ledger.events.event import Event
from ledger.events.orders import OrderCancelled
from ledger.ledger import Ledger
from ledger.policies.promise import Promise
from projections.engine.views import Views
from projections.worklists.overdue_to_warehouse import OverdueToWarehouse
from projections.worklists.warehouse_promises import Promised, overdue, warnings
from tests.projections.shop import Shop
from tests.support.parcels import PAID, PLACED, PLACED_AT, at, dispatched, fact, packed, refunded

PROMISED = PLACED.promised_warehouse_by
PROMISE = Promise(milestone="warehouse_received", window=timedelta(days=5), warn_undispatched_after=timedelta(days=2))
ALL = packed(A=2, B=1)


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    shop = Shop(ledger, views, OverdueToWarehouse())
    shop.publish(PROMISE)
    return shop


def late(shop: Shop, *events: Event, now: datetime = PROMISED + timedelta(hours=7)) -> tuple[Promised, ...]:
    shop.record((*PAID, *events))
    return overdue(shop.views, now)


def test_nobody_is_late_before_the_promise(shop: Shop) -> None:
    assert late(shop, ALL, now=PROMISED) == ()


def test_a_parcel_nobody_handed_over_is_late(shop: Shop) -> None:
    (found,) = late(shop, ALL)
    assert (found.parcel_id, found.state, found.hours_late, found.market) == ("P-1", "not_dispatched", 7, "US")


def test_a_parcel_on_its_way_to_the_warehouse_is_late(shop: Shop) -> None:
    (found,) = late(shop, ALL, dispatched())
    assert (found.state, found.dispatched_at) == ("in_domestic_transit", at(0))


def test_a_parcel_that_came_late_is_late_by_so_much(shop: Shop) -> None:
    hours = (PROMISED - at(0)) / timedelta(hours=1) + 3
    (found,) = late(shop, ALL, dispatched(), fact("received_at_warehouse", hours=hours))
    assert (found.state, found.hours_late) == ("late_received", 3)


def test_a_parcel_that_came_in_time_never_is(shop: Shop) -> None:
    assert late(shop, ALL, dispatched(), fact("received_at_warehouse", hours=9)) == ()


def test_a_later_step_proves_the_receipt(shop: Shop) -> None:
    assert late(shop, ALL, dispatched(), fact("departed", hours=30)) == ()


def test_what_is_not_packed_is_late_too(shop: Shop) -> None:
    found = late(shop, packed(A=2), dispatched(), fact("received_at_warehouse", hours=9))
    assert [(promised.parcel_id, promised.state) for promised in found] == [("", "not_dispatched")]


def test_an_unpaid_order_is_not(shop: Shop) -> None:
    shop.record([PLACED])
    assert overdue(shop.views, PROMISED + timedelta(days=9)) == ()


def test_a_cancelled_order_is_not(shop: Shop) -> None:
    assert late(shop, OrderCancelled(order_id="O-1", reason="no", by="buyer", cancelled_at=at(0))) == ()


def test_what_was_refunded_need_not_be_sent(shop: Shop) -> None:
    assert late(shop, *refunded(A=2, B=1)) == ()


def test_what_the_warehouse_sent_back_is_to_be_sent_again(shop: Shop) -> None:
    found = late(shop, ALL, dispatched(), fact("rejected_at_warehouse", hours=9))
    assert [(promised.parcel_id, promised.state) for promised in found] == [("", "not_dispatched")]


@pytest.mark.parametrize("hours", [(9, 20), (20, 9)], ids=["in order", "reported late"])
def test_what_another_warehouse_took_after_the_rejection_came_in_time(shop: Shop, hours: tuple[int, int]) -> None:
    facts = {9: fact("rejected_at_warehouse", hours=9), 20: fact("received_at_warehouse", hours=20)}
    assert late(shop, ALL, dispatched(), *(facts[hour] for hour in hours)) == ()


@pytest.mark.parametrize("end", ["lost", "destroyed", "returning_to_sender"])
def test_nobody_waits_for_what_will_not_come(shop: Shop, end: str) -> None:
    assert late(shop, ALL, dispatched(), fact(end, hours=30)) == ()


def test_what_was_found_again_is_waited_for(shop: Shop) -> None:
    assert len(late(shop, ALL, dispatched(), fact("lost", hours=30), fact("found", hours=40))) == 1


@pytest.mark.parametrize("end", ["export_rejected", "import_refused", "returned_to_warehouse"])
def test_what_customs_turned_away_had_come(shop: Shop, end: str) -> None:
    assert late(shop, ALL, dispatched(), fact(end, hours=30), fact("returning_to_sender", hours=50)) == ()


def test_dispatch_may_be_what_is_promised(shop: Shop) -> None:
    shop.publish(PROMISE.model_copy(update={"milestone": "merchant_dispatched"}))
    assert late(shop, ALL, dispatched()) == ()


def test_a_merchant_is_warned_before_the_promise(shop: Shop) -> None:
    shop.record((*PAID, ALL))
    (found,) = warnings(shop.views, PLACED_AT + timedelta(days=2))
    assert (found.parcel_id, found.promised_by) == ("P-1", PROMISED)


def test_a_promise_shorter_than_usual_is_warned_of_as_long_before(shop: Shop) -> None:
    soon = PLACED.model_copy(update={"promised_warehouse_by": PLACED_AT + timedelta(days=4)})
    shop.record((soon, *PAID[1:], ALL))
    (found,) = warnings(shop.views, PLACED_AT + timedelta(days=1))
    assert found.warn_at == PLACED_AT + timedelta(days=1)


def test_nobody_is_warned_too_early(shop: Shop) -> None:
    shop.record((*PAID, ALL))
    assert warnings(shop.views, PLACED_AT + timedelta(days=2, seconds=-1)) == ()


def test_nobody_is_warned_about_what_left(shop: Shop) -> None:
    shop.record((*PAID, ALL, dispatched()))
    assert warnings(shop.views, PLACED_AT + timedelta(days=3)) == ()


def test_nobody_is_warned_about_what_the_warehouse_has_although_its_dispatch_was_never_reported(shop: Shop) -> None:
    shop.record((*PAID, ALL, fact("received_at_warehouse", hours=9)))
    assert warnings(shop.views, PLACED_AT + timedelta(days=3)) == ()


def test_the_view_equals_one_built_anew(shop: Shop) -> None:
    shop.record((*PAID, packed(A=2), dispatched(), fact("received_at_warehouse", hours=9)), one_by_one=True)
    assert shop.differences() == 0


def test_a_parcel_of_as_many_units_as_there_may_be_does_not_stop_the_view(shop: Shop) -> None:
    assert [found.parcel_id for found in late(shop, packed(A=10**6))] == ["P-1"]


def test_a_page_of_warnings_goes_on_after_its_key_past_those_not_warned_of_yet(shop: Shop) -> None:
    for number in range(4):
        soon = PLACED.model_copy(update={"placed_at": PLACED_AT - timedelta(days=number % 2)})
        shop.record((soon, *PAID[1:], ALL), stream=f"order/M-1/O-{number}")
    now = PLACED_AT + timedelta(days=1)
    (first,) = warnings(shop.views, now, limit=1)
    key = (first.promised_by, first.merchant, first.order_id, first.parcel_id)
    found = [first, *warnings(shop.views, now, limit=1, after=key)]
    assert [promised.order_id for promised in found] == ["O-1", "O-3"]
