"""Proof of delivery is recorded, and moves no money where it contradicts."""

from __future__ import annotations

from typing import Any

import pytest

from commands.parcels.report_signature import ReportSignature
from ledger.events.parcels import ParcelSignedFor
from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import BUYER, PARTNER, ask, given
from tests.support.orders import OrderScenario, after_days
from tests.support.parcels import CONFIRMED, ORDER, PAID, PLACED, at, dispatched, fact, packed, refunded, signed

SENT = (*PAID, packed(), dispatched())


def report(*, hours: float = 90, proof_ref: str = "pod-1", **data: Any) -> ReportSignature:
    reported: dict[str, Any] = {
        "evidence_kind": "recipient",
        "proof_ref": proof_ref,
        "occurred_at": at(hours),
        "at": at(hours + 1),
    }
    return ask(ReportSignature, by=PARTNER, **ORDER, parcel_id="P-1", **(reported | data))


def test_a_signature_is_recorded() -> None:
    given(*SENT).when(report()).then(signed(hours=90))


def test_a_signature_without_any_scan_before_it_only_shows_a_gap() -> None:
    given(*PAID, packed()).when(report()).then(signed(hours=90))


def test_the_same_signature_twice_is_nothing_new() -> None:
    given(*SENT, signed(hours=90)).when(report()).then_nothing()


def test_another_signature_is_recorded_with_a_break() -> None:
    given(*SENT, signed(hours=90)).when(report(proof_ref="pod-2")).then(ParcelSignedFor, ReconciliationBreakOpened)


def test_a_signature_of_a_lost_parcel_is_recorded_with_a_break() -> None:
    decided = given(*SENT, fact("lost", hours=80)).when(report()).then(ParcelSignedFor, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "fact_contradicts_state"


def test_a_signature_of_a_parcel_that_was_found_is_no_contradiction() -> None:
    given(*SENT, fact("lost", hours=40), fact("found", hours=50)).when(report()).then(ParcelSignedFor)


def test_a_signature_of_refunded_units_is_recorded_with_a_break() -> None:
    decided = given(*SENT, *refunded(A=2, parcel_id="P-1")).when(report())
    decided.then(ParcelSignedFor, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).refs["about"] == "refunded"


def test_a_signature_before_the_hand_over_is_recorded_with_a_break() -> None:
    decided = given(*SENT).when(report(hours=-2)).then(ParcelSignedFor, ReconciliationBreakOpened)
    refs = decided.event(ReconciliationBreakOpened).refs
    assert (refs["fact"], refs["about"]) == ("dispatched", "signed_for")


def test_a_signature_of_what_customs_kept_out_is_recorded_with_a_break() -> None:
    history = (*SENT, fact("import_refused", hours=60))
    given(*history).when(report()).then(ParcelSignedFor, ReconciliationBreakOpened)


def test_a_signature_after_the_warehouse_took_the_parcel_after_all_is_no_contradiction() -> None:
    way = (fact("rejected_at_warehouse", hours=20), fact("received_at_warehouse", hours=30))
    given(*SENT, *way).when(report()).then(ParcelSignedFor)


@pytest.mark.parametrize("hours", [40, 60], ids=["before", "after"])
def test_a_signature_of_a_parcel_whose_units_travel_as_another_is_recorded_with_a_break(hours: float) -> None:
    scenario = OrderScenario().paid().sent("P-1", A=2).sent("P-2", B=1)
    scenario.submit("report_consolidation", at=at(50), from_parcels=["P-1", "P-2"], to_parcel="P-3")
    decided = scenario.submit("report_signature", at=at(hours), parcel_id="P-1")
    assert [type(event) for event in decided] == [ParcelSignedFor, ReconciliationBreakOpened]


def test_a_signature_of_an_order_that_is_not_paid_is_recorded_with_a_break() -> None:
    decided = given(PLACED, packed(), dispatched()).when(report()).then(ParcelSignedFor, ReconciliationBreakOpened)
    opened = decided.event(ReconciliationBreakOpened)
    assert (opened.refs["fact"], opened.refs["about"]) == ("signed_for", "not_confirmed")


def test_a_signature_from_before_the_payment_is_recorded_with_a_break_however_late_it_is_reported() -> None:
    paid_later = CONFIRMED.model_copy(update={"confirmed_at": at(100)})
    decided = given(*PAID[:-1], paid_later, packed(), dispatched(hours=95)).when(report())
    abouts = [event.refs["about"] for event in decided.events if isinstance(event, ReconciliationBreakOpened)]
    assert abouts == ["before_payment", "signed_for"]


def test_a_signature_of_an_order_cancelled_after_it_was_paid_says_nothing_of_a_payment() -> None:
    scenario = OrderScenario(express=True).paid()
    scenario.submit("create_parcel", parcel_id="P-1", items=[{"line_id": "A", "qty": 2}], warehouse_id="W-1")
    scenario.submit("cancel_order", reason="out_of_stock", refund_id="R-1")
    decided = scenario.submit("report_signature", at=after_days(3), parcel_id="P-1")
    abouts = [event.refs["about"] for event in decided if isinstance(event, ReconciliationBreakOpened)]
    assert abouts == ["lines"]


def test_who_signed_is_sealed() -> None:
    event = given(*SENT).when(report(signed_by="Wong Mei")).event(ParcelSignedFor)
    assert repr(event.signed_by) == "Sealed(…)"


@pytest.mark.parametrize(
    ("report", "reported"),
    [("report_signature", {}), ("report_loss", {}), ("report_tracking", {"milestone": "departed"})],
)
def test_whatever_says_first_that_a_refunded_parcel_has_left_is_a_break(report: str, reported: dict[str, Any]) -> None:
    scenario = OrderScenario(express=True).paid()
    packed: dict[str, Any] = {"parcel_id": "P-1", "items": [{"line_id": "A", "qty": 2}], "warehouse_id": "W-1"}
    scenario.submit("create_parcel", **packed)
    scenario.submit("request_refund", by=BUYER, refund_id="R-1", reason="changed_mind", lines=packed["items"])
    scenario.submit(report, parcel_id="P-1", at=after_days(3), **reported)
    opened = scenario.event(ReconciliationBreakOpened)
    assert (opened.expected, opened.refs["ask"]) == ("0 of line A to send, not 2", "interception")
