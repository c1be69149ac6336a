"""The buyer's page after each event, also for an order that nobody placed."""

import pytest

from ledger.events.event import decode
from projections.tracking.customer_tracking import PARTNER_EVENTS
from projections.tracking.past_answers import tracked_then
from tests.golden.samples import sample_file
from tests.support.recorded import as_recorded

PARTNERS = ("sf", "ACME-Cargo_7", "x")  # one letter is no name that a place could give away


@pytest.mark.parametrize("partner", PARTNERS)
@pytest.mark.parametrize("kind", PARTNER_EVENTS)
def test_a_partners_claim_or_invoice_alone_shows_a_buyer_no_parcel(kind: type, partner: str) -> None:
    name, version = kind.name, kind.schema_version  # type: ignore[attr-defined]
    event = decode(name, version, sample_file(name, version).read_text(encoding="utf-8"))
    shown = tracked_then(as_recorded([event.model_copy(update={"partner": partner})]), [])
    assert shown is None or shown.parcels == ()
