"""The last-mile carrier reports a delivery with evidence."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import RawText
from commands.parcels.interception import first_reported
from commands.parcels.parcel_reports import (
    MilestoneReport,
    against,
    against_lines,
    contradictions,
    refunded_lines,
    unpaid,
)
from commands.parcels.return_to_sender import delivered_twice, went_back
from commands.parcels.sequence_contradictions import out_of_sequence
from commands.rules import Rules
from ledger.events.deliveries import NAMES_THE_RECIPIENT
from ledger.events.event import Event
from ledger.events.parcels import EvidenceKind, ParcelReturnedToSender, ParcelSignedFor
from ledger.folds.parcel import Parcel
from ledger.folds.parcel_facts import Delivery, Fact
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order


class ReportSignature(MilestoneReport, name="report_signature"):
    """Records a delivery at `occurred_at`: after-sales services open and the settlement clock starts.

    After a return-to-sender fact, the delivery counts as one to the sender, unless the carrier names the recipient
    (`evidence_kind` is `recipient`). A delivery of refunded units, or a second one, opens a break.
    """

    evidence_kind: EvidenceKind = "unspecified"
    proof_ref: RawText = ""
    signed_by: Sealed[str] | None = None


def decide(report: ReportSignature, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(report.parcel_id)
    if parcel and _reported(report) in parcel.deliveries:
        return
    is_returned = parcel is not None and went_back(parcel, _delivery(report))
    yield _returned(report) if is_returned else _signed(report)
    # a cancelled paid order is refunded, and that break follows below
    if order.placed and not (order.confirmed and order.cancelled):
        yield from unpaid(report, order, "signed_for")
    yield from contradictions(report, order, "signed_for")
    yield from out_of_sequence(report, order, _delivery(report))
    if parcel:
        yield from _cannot_be(report, order, parcel)
        yield from first_reported(report, order, parcel, "signed_for")
        if not is_returned:
            yield from _settled_already(report, order, parcel)


def _signed(report: ReportSignature) -> ParcelSignedFor:
    return ParcelSignedFor(
        **report.reported(),
        evidence_kind=report.evidence_kind,
        proof_ref=report.proof_ref,
        signed_by=report.signed_by,
    )


def _returned(report: ReportSignature) -> ParcelReturnedToSender:
    """Returns a delivery to the sender: it follows a return-to-sender fact and names no recipient."""
    return ParcelReturnedToSender(
        **report.reported(), evidence_ref=report.proof_ref, evidence_kind=report.evidence_kind
    )


def _delivery(report: ReportSignature) -> Fact:
    named = report.evidence_kind == NAMES_THE_RECIPIENT
    return Fact.of("signed_for", report.happened_at, report.raw_code, to_recipient=named)


def _reported(report: ReportSignature) -> Delivery:
    return Delivery(report.happened_at, report.evidence_kind, report.proof_ref)


def _cannot_be(report: ReportSignature, order: Order, parcel: Parcel) -> Iterator[Event]:
    yield from delivered_twice(report, order, parcel, _reported(report))
    if parcel.moved_at and report.happened_at <= parcel.moved_at:
        expected = f"travelling as {', '.join(parcel.went_into)} from {parcel.moved_at.isoformat()} on"
        yield from against(report, order, "signed_for", about="travels_on", expected=expected)


def _settled_already(report: ReportSignature, order: Order, parcel: Parcel) -> Iterator[Event]:
    """Opens breaks for refunded units and open claims. No money moves until a person decides."""
    yield from against_lines(report, order, "signed_for", about="refunded", expected=refunded_lines(order, parcel))
    yield from _claimed_not_to_have_come(report, order, parcel)


def _claimed_not_to_have_come(report: ReportSignature, order: Order, parcel: Parcel) -> Iterator[Event]:
    """Opens a break beside a case "not received". The case stays open for customer service."""
    for case in order.cases.values():
        claimed = {line.parcel_id for line in case.lines}
        if case.is_open and case.type == "not_received" and parcel.parcel_id in claimed:
            expected = f"never received, says the buyer in {case.id}"
            yield from against(report, order, "signed_for", about=f"claim:{case.id}", expected=expected)
