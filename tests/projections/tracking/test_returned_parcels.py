"""Given that a parcel went back to its sender, then what its buyer sees."""

from __future__ import annotations

import pytest

from ledger.events.event import Event
from ledger.ledger import Ledger
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from projections.tracking.answer import OrderTracking
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tracking import track
from tests.support.parcels import PAID, at, dispatched, fact, packed, signed
from tests.support.view_history import History, recordable

SENT = (*PAID, packed(A=2, B=1), dispatched())
DELIVERED = signed(hours=90).model_copy(update={"evidence_kind": "unspecified"})
RETURNING = fact("returning_to_sender", hours=60)
# As the command records the two in either order.
RECORDED = fact("returned_to_sender", hours=90, evidence_kind="unspecified", evidence_ref="pod-1")
EITHER_ORDER = pytest.mark.parametrize("events", [(RETURNING, RECORDED), (DELIVERED, RETURNING, RECORDED)])


def seen(ledger: Ledger, views: Views, *events: Event) -> OrderTracking:
    recorded = [recordable(event, stream="order/M-1/O-1", occurred_at=at(-2)) for event in (*SENT, *events)]
    History(ledger).record(1, recorded)
    ProjectionWorker(ledger.engine, ledger.reader, CustomerTracking()).catch_up()
    found = track(views, "O-1")
    assert found is not None
    return found


@EITHER_ORDER
def test_the_parcel_is_returned_to_sender_and_nobody_signed_for_it(
    ledger: Ledger, views: Views, events: tuple[Event, ...]
) -> None:
    (parcel,) = seen(ledger, views, *events).parcels
    assert (parcel.milestone, parcel.text, parcel.signed_at) == ("returned_to_sender", "Returned to sender", None)


@EITHER_ORDER
def test_its_timeline_says_so_once_and_of_no_delivery(ledger: Ledger, views: Views, events: tuple[Event, ...]) -> None:
    (parcel,) = seen(ledger, views, *events).parcels
    assert [entry.milestone for entry in parcel.timeline][-2:] == ["returning_to_sender", "returned_to_sender"]


@EITHER_ORDER
def test_the_order_is_returned_to_sender(ledger: Ledger, views: Views, events: tuple[Event, ...]) -> None:
    order = seen(ledger, views, *events)
    assert (order.headline, order.text) == ("returned_to_sender", "Returned to sender")


def test_a_recipient_who_is_named_has_it(ledger: Ledger, views: Views) -> None:
    (parcel,) = seen(ledger, views, RETURNING, signed(hours=90)).parcels
    assert (parcel.milestone, parcel.signed_at) == ("signed_for", at(90))
