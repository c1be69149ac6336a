"""Given hand-overs, then the parcels that travel under a number."""

from __future__ import annotations

import pytest

from ledger.events.parcels import ParcelContents, ParcelItem, ParcelsConsolidated
from ledger.events.platform import UnmatchedFactMatched, UnmatchedFactReported
from ledger.ledger import Ledger
from projections.engine.views import Views
from projections.tracking.tracking_numbers import NumberedParcel, TrackingNumbers, parcels_numbered, scans_to_match
from tests.projections.shop import Shop
from tests.support.parcels import at, dispatched, packed


@pytest.fixture
def shop(ledger: Ledger, views: Views) -> Shop:
    return Shop(ledger, views, TrackingNumbers())


def test_a_number_nobody_gave_is_nobodys(shop: Shop) -> None:
    assert parcels_numbered(shop.views, "SF-1") == ()


def test_a_number_finds_its_parcel(shop: Shop) -> None:
    shop.record([packed(), dispatched()])
    assert parcels_numbered(shop.views, "SF-1") == (NumberedParcel("M-1", "O-1", "P-1", "SF"),)


def test_a_number_used_twice_finds_both(shop: Shop) -> None:
    shop.record([packed(), dispatched()])
    shop.record([packed(), dispatched()], stream="order/M-2/O-7", book=2)
    assert [parcel.merchant for parcel in parcels_numbered(shop.views, "SF-1")] == ["M-1", "M-2"]


def test_the_same_hand_over_reported_twice_is_one(shop: Shop) -> None:
    shop.record([packed(), dispatched(), dispatched(hours=1)])
    assert len(parcels_numbered(shop.views, "SF-1")) == 1


def test_a_parcel_packed_anew_has_its_new_number(shop: Shop) -> None:
    whole = ParcelContents(parcel_id="P-3", items=(ParcelItem(line_id="A", qty=2),), tracking_no="C-1")
    merged = ParcelsConsolidated(
        order_id="O-1", from_parcels=("P-1",), to_parcels=("P-3",), tracking_no="C-1", contents=(whole,),
        happened_at=at(9),
    )  # fmt: skip
    shop.record([packed(), dispatched(), merged])
    assert [parcel.parcel_id for parcel in parcels_numbered(shop.views, "C-1")] == ["P-3"]


SCAN = UnmatchedFactReported(
    system="post", reference="r-1", kind="tracking", refs={"tracking_no": "SF-1"}, body={}, happened_at=at(1)
)
UNMATCHED = "unmatched/post/r-1"


def test_a_scan_waits_until_a_parcel_travels_under_its_number(shop: Shop) -> None:
    shop.record([SCAN], stream=UNMATCHED, book=0)
    assert scans_to_match(shop.views) == ()
    shop.record([packed(), dispatched()])
    assert scans_to_match(shop.views) == (UNMATCHED,)


def test_a_scan_that_was_matched_waits_no_longer(shop: Shop) -> None:
    matched = UnmatchedFactMatched(system="post", reference="r-1", streams=("order/M-1/O-1",), matched_at=at(9))
    shop.record([packed(), dispatched()])
    shop.record([SCAN, matched], stream=UNMATCHED, book=0)
    assert scans_to_match(shop.views) == ()


def test_what_names_no_number_or_one_that_can_be_none_waits_for_nobody(shop: Shop) -> None:
    strange = [SCAN.model_copy(update={"refs": refs}) for refs in ({}, {"tracking_no": ""}, {"tracking_no": "x" * 65})]
    shop.record(strange, stream=UNMATCHED, book=0)
    shop.record([packed(), dispatched(tracking_no="x" * 64)])
    assert scans_to_match(shop.views) == ()
    assert shop.differences() == 0
