"""A partner declares a parcel lost."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import RawText
from commands.parcels.interception import first_reported
from commands.parcels.parcel_reports import MilestoneReport, contradictions
from commands.parcels.sequence_contradictions import out_of_sequence
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import ParcelLost
from ledger.folds.parcel_facts import fact_of
from ledger.streams.orders.order import Order


class ReportLoss(MilestoneReport, name="report_loss"):
    """Records that a parcel is lost as of `occurred_at`. No money moves; the platform may now refund the buyer."""

    evidence_ref: RawText = ""


def decide(report: ReportLoss, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(report.parcel_id)
    event = ParcelLost(**report.reported(), evidence_ref=report.evidence_ref)
    if parcel and fact_of(event) in parcel.facts:
        return
    yield event
    yield from contradictions(report, order, "lost")
    yield from out_of_sequence(report, order, fact_of(event))
    if parcel:
        yield from first_reported(report, order, parcel, "lost")
