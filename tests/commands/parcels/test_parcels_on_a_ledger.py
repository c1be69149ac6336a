"""Facts about parcels through the bus, on a real ledger."""

from __future__ import annotations

from pathlib import Path

from ledger.actors import Actor
from projections.engine.views import Views
from projections.engine.worker import ProjectionWorker
from projections.tracking.customer_tracking import CustomerTracking
from projections.tracking.tracking import track
from tests.support.buses import open_desk, publish_programme

CARRIER = Actor(kind="partner", id="carrier", role="service")
PARCEL = {"merchant_id": "M-1", "order_id": "O-1", "parcel_id": "P-1"}


def test_a_signature_reaches_the_buyers_view_without_a_name(fresh_database_url: str, tmp_path: Path) -> None:
    with open_desk(fresh_database_url, tmp_path) as desk:
        publish_programme(desk)
        desk.expect("report_tracking", actor=CARRIER, milestone="noted", text="left with Mrs Wong", **PARCEL)
        desk.expect("report_signature", actor=CARRIER, at=desk.clock.now, signed_by="Wong Mei", **PARCEL)
        ProjectionWorker(desk.ledger.engine, desk.ledger.reader, CustomerTracking()).catch_up()
        found = track(Views(desk.ledger.engine, desk.ledger.reader), "O-1")
        assert found is not None
        assert found.parcels[0].text == "Delivered"
        book = next(iter(book for book, head in desk.ledger.reader.heads().items() if book and head))
        assert [r.position for r in desk.ledger.reader.read(book, 0, 100) if "Wong" in r.payload] == []
