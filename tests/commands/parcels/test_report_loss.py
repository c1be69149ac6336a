"""A loss is recorded, and by itself moves no money."""

from __future__ import annotations

from typing import Any

from commands.parcels.report_loss import ReportLoss
from ledger.events.parcels import ParcelLost
from ledger.events.settlement import ReconciliationBreakOpened
from tests.support.given import PARTNER, ask, given
from tests.support.parcels import ORDER, PAID, at, dispatched, fact, packed, signed

SENT = (*PAID, packed(), dispatched())


def report(*, hours: float = 90, parcel_id: str = "P-1") -> ReportLoss:
    reported: dict[str, Any] = {
        "reason": "warehouse_fire",
        "evidence_ref": "claim-7",
        "occurred_at": at(hours),
        "at": at(hours + 1),
    }
    return ask(ReportLoss, by=PARTNER, **ORDER, parcel_id=parcel_id, **reported)


def test_a_loss_is_recorded() -> None:
    given(*SENT).when(report()).then(fact("lost", hours=90, reason="warehouse_fire", evidence_ref="claim-7"))


def test_the_same_loss_twice_is_nothing_new() -> None:
    given(*SENT, fact("lost", hours=90, evidence_ref="claim-7")).when(report()).then_nothing()


def test_the_evidence_of_a_loss_that_is_known_is_recorded() -> None:
    given(*SENT, fact("lost", hours=90)).when(report()).then(ParcelLost)


def test_a_loss_after_the_signature_is_recorded_with_a_break() -> None:
    given(*SENT, signed(hours=80)).when(report()).then(ParcelLost, ReconciliationBreakOpened)


def test_a_loss_before_a_known_signature_is_recorded_with_a_break() -> None:
    given(*SENT, signed(hours=95)).when(report()).then(ParcelLost, ReconciliationBreakOpened)


def test_a_loss_of_an_unknown_parcel_is_recorded_with_a_break() -> None:
    decided = given(*PAID).when(report(parcel_id="P-9")).then(ParcelLost, ReconciliationBreakOpened)
    assert decided.event(ReconciliationBreakOpened).kind == "unknown_parcel"
