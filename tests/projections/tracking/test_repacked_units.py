"""Given parcels that travel on in others, cases and windows, then what the buyer sees."""

from __future__ import annotations

from datetime import timedelta

import pytest

from ledger.events.event import Event
from ledger.events.parcels import ParcelContents, ParcelItem, ParcelsConsolidated, ParcelSplit
from ledger.ledger import Ledger
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.defaults import default_policies
from ledger.policies.return_window import ReturnWindow
from projections.engine.views import Views
from projections.tracking.answer import OrderTracking, ParcelTracking
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tracking import track
from tests.projections.shop import Shop as ViewedShop
from tests.support.parcels import PAID, asked_back, at, dispatched, fact, packed, refunded, signed

LOCK = next(d.policy for d in default_policies() if isinstance(d.policy, AfterSalesLock))
WAY = tuple(fact(milestone, hours=12 * n) for n, milestone in enumerate(("received_at_warehouse", "departed"), 1))


class Shop(ViewedShop):
    """A shop that shows one order to its buyer."""

    def order(self) -> OrderTracking:
        found = track(self.views, "O-1")
        assert found is not None
        return found

    def parcel(self, *events: Event) -> ParcelTracking:
        """The one parcel after these events of a paid order."""
        self.record((*PAID, *events))
        (parcel,) = self.order().parcels
        return parcel


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    shop = Shop(ledger, views, CustomerTracking())
    shop.publish(LOCK)
    return shop


def merged(*, hours: float = 24) -> ParcelsConsolidated:
    items = (ParcelItem(line_id="A", qty=2), ParcelItem(line_id="B", qty=1))
    return ParcelsConsolidated(
        order_id="O-1",
        from_parcels=("P-1", "P-2"),
        to_parcels=("P-3",),
        tracking_no="C-1",
        contents=(ParcelContents(parcel_id="P-3", items=items, tracking_no="C-1"),),
        happened_at=at(hours),
    )


TWO = (packed(A=2), packed("P-2", B=1), dispatched(), dispatched("P-2", hours=5, tracking_no="SF-2"))


def test_parcels_that_travel_together_are_one(shop: Shop) -> None:
    parcel = shop.parcel(*TWO, merged())
    assert (parcel.parcel_id, [(item.line_id, item.qty) for item in parcel.items]) == ("P-3", [("A", 2), ("B", 1)])


def test_the_way_before_is_in_the_timeline_of_the_whole(shop: Shop) -> None:
    parcel = shop.parcel(*TWO, fact("received_at_warehouse", hours=9), merged())
    shown = [entry.milestone for entry in parcel.timeline]
    assert shown == ["created", "created", "dispatched", "dispatched", "received_at_warehouse", "consolidated"]


def test_the_lock_of_the_whole_counts_from_the_last_hand_over(shop: Shop) -> None:
    parcel = shop.parcel(*TWO, merged())
    assert (parcel.milestone, parcel.lock_ends_at) == ("dispatched", at(5) + timedelta(days=20))


def test_a_late_scan_of_a_part_moves_the_whole_along(shop: Shop) -> None:
    parcel = shop.parcel(*TWO, merged(), fact("received_at_warehouse", hours=9))
    assert parcel.milestone == "received_at_warehouse"


def test_a_parcel_that_was_split_is_its_parts(shop: Shop) -> None:
    halves = ParcelSplit(
        order_id="O-1",
        from_parcels=("P-1",),
        to_parcels=("P-2", "P-3"),
        tracking_no="",
        contents=tuple(
            ParcelContents(parcel_id=parcel_id, items=(ParcelItem(line_id="A", qty=1),)) for parcel_id in ("P-2", "P-3")
        ),
        happened_at=at(24),
    )
    shop.record((*PAID, packed(A=2), dispatched(), halves, signed(hours=90, parcel_id="P-3")))
    shown = {parcel.parcel_id: parcel.milestone for parcel in shop.order().parcels}
    assert shown == {"P-2": "dispatched", "P-3": "signed_for"}


def test_a_refund_granted_for_a_part_is_one_of_the_whole(shop: Shop) -> None:
    asked, approved = refunded(parcel_id="P-1", A=1)
    parcel = shop.parcel(*TWO, asked, merged(), approved)
    assert [(item.line_id, item.refunded) for item in parcel.items] == [("A", 1), ("B", 0)]


def test_a_signature_without_a_departure_shows_the_gap(shop: Shop) -> None:
    assert shop.parcel(packed(), dispatched(), signed(hours=90)).gaps == ("received_at_warehouse", "departed")


def test_a_whole_way_has_no_gap(shop: Shop) -> None:
    assert shop.parcel(packed(), dispatched(), *WAY, signed(hours=200)).gaps == ()


@pytest.mark.parametrize(
    ("events", "hours", "reason"),
    [
        ((packed(),), 1, "not_sent"),
        ((packed(), dispatched()), 1, "locked"),
        ((packed(), dispatched()), 20 * 24, "open"),
        ((packed(), dispatched(), signed(hours=9)), 10, "open"),
        ((packed(), dispatched(), asked_back(parcel_id="P-1", A=2)), 1, "under_review"),
        ((packed(), dispatched(), *refunded(parcel_id="P-1", A=2)), 1, "refunded"),
        ((packed(), dispatched(), fact("rejected_at_warehouse", hours=9)), 10, "back_with_seller"),
    ],
)
def test_a_buyer_is_shown_why(shop: Shop, events: tuple[Event, ...], hours: float, reason: str) -> None:
    assert shop.parcel(*events).after_sales(at(hours)).reason == reason


def test_a_return_window_closes(shop: Shop) -> None:
    shop.publish(ReturnWindow(window=timedelta(days=7)))
    parcel = shop.parcel(packed(), dispatched(), signed(hours=9))
    after_sales = parcel.after_sales(at(9) + timedelta(days=7))
    assert (after_sales.reason, after_sales.closes_at) == ("window_closed", at(9) + timedelta(days=7))


def test_a_refund_is_shown_in_the_buyers_currency(shop: Shop) -> None:
    shop.record((*PAID, asked_back(A=1)))
    (refund,) = shop.order().refunds
    assert (refund.state, str(refund.amount)) == ("requested", "USD 25.00")


def test_a_refund_that_was_granted_says_so(shop: Shop) -> None:
    shop.record((*PAID, *refunded(A=1)))
    assert [refund.state for refund in shop.order().refunds] == ["approved"]


def test_the_view_of_repacked_parcels_equals_one_built_anew(shop: Shop) -> None:
    shop.record((*PAID, *TWO, merged(), *WAY, *refunded(parcel_id="P-1", A=1)), one_by_one=True)
    assert shop.differences() == 0
