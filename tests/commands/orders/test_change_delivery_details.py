"""Another address: until the first parcel is handed over, and never twice the same."""

from typing import Any

from ledger.events.orders import OrderDeliveryDetailsChanged
from ledger.refusals.catalogue import AlreadyDispatched, OrderNotConfirmed
from ledger.sealed import Sealed
from tests.support.given import BUYER, NOW
from tests.support.orders import OrderScenario

NEW: dict[str, Any] = {"ship_to_ref": "S-2", "ship_to": {"city": "Macau"}}


def test_an_order_that_has_not_left_goes_to_another_address() -> None:
    (event,) = OrderScenario().paid().submit("change_delivery_details", by=BUYER, **NEW)
    assert isinstance(event, OrderDeliveryDetailsChanged)
    assert (event.ship_to_ref, isinstance(event.ship_to, Sealed)) == ("S-2", True)


def test_the_address_it_goes_to_already_changes_nothing() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("change_delivery_details", by=BUYER, **NEW)
    assert scenario.submit("change_delivery_details", by=BUYER, **NEW) == []


def test_what_has_left_is_not_sent_elsewhere() -> None:
    refusal = OrderScenario().paid().sent("P-1", A=1).refusal("change_delivery_details", by=BUYER, **NEW)
    assert isinstance(refusal, AlreadyDispatched)
    assert (refusal.parcel_id, refusal.dispatched_at) == ("P-1", NOW)


def test_a_cancelled_order_goes_nowhere() -> None:
    scenario = OrderScenario().paid()
    scenario.submit("cancel_order", reason="out_of_stock")
    assert isinstance(scenario.refusal("change_delivery_details", by=BUYER, **NEW), OrderNotConfirmed)
