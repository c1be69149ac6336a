"""The last-mile carrier has proof of delivery."""

from __future__ import annotations

from collections.abc import Iterator

from commands.interception import first_heard_of
from commands.out_of_sequence import out_of_sequence
from commands.parcel_reports import MilestoneReport, against, doubts, unpaid
from commands.rules import Rules
from commands.shapes import RawText
from ledger.events.event import Event
from ledger.events.shipment import EvidenceKind, ParcelSignedFor
from ledger.sealed import Sealed
from ledger.streams.order import Order
from ledger.streams.parcels import Parcel

_NEVER_DELIVERED = frozenset({"rejected_at_warehouse", "export_rejected", "import_refused", "returned_to_warehouse"})


class ReportSignature(MilestoneReport, name="report_signature"):
    """Somebody signed for the parcel at `occurred_at`: after-sales opens and the settlement clock starts."""

    evidence_kind: EvidenceKind = "unspecified"
    proof_ref: RawText = ""
    signed_by: Sealed[str] | None = None


def decide(report: ReportSignature, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(report.parcel_id)
    if parcel and _is_known(report, parcel):
        return
    yield ParcelSignedFor(
        **report.told(),
        evidence_kind=report.evidence_kind,
        proof_ref=report.proof_ref,
        signed_by=report.signed_by,
    )
    if order.placed and not (order.confirmed and order.cancelled):  # then it is refunded, which is said below
        yield from unpaid(report, order, "signed_for")
    yield from doubts(report, order, "signed_for")
    yield from out_of_sequence(report, order, "signed_for")
    if parcel:
        yield from _cannot_be(report, order, parcel)
        yield from first_heard_of(report, order, parcel, "signed_for")


def _is_known(report: ReportSignature, parcel: Parcel) -> bool:
    told = (report.happened_at, report.evidence_kind, report.proof_ref)
    return any((s.signed_at, s.evidence_kind, s.proof_ref) == told for s in parcel.signatures)


def _cannot_be(report: ReportSignature, order: Order, parcel: Parcel) -> Iterator[Event]:
    """No money moves on any of these: what a refund or a loss has settled stays settled until a person looks."""
    for signature in parcel.signatures:
        if signature.evidence_kind is not None:
            expected = f"signed for at {signature.signed_at.isoformat()} ({signature.evidence_kind})"
            about = f"twice:{report.happened_at.isoformat()}"
            yield from against(report, order, "signed_for", about=about, expected=expected)
            break
    if parcel.moved_at and report.happened_at <= parcel.moved_at:
        expected = f"travelling as {', '.join(parcel.went_into)} from {parcel.moved_at.isoformat()} on"
        yield from against(report, order, "signed_for", about="travels_on", expected=expected)
    if parcel.status in _NEVER_DELIVERED:
        yield from against(report, order, "signed_for", about=parcel.status, expected=parcel.status)
    for line_id in sorted({item.line_id for item in parcel.items}):
        book = order.lines.get(line_id)
        refunded = book.at(parcel.parcel_id).refunded if book else 0
        if refunded:
            expected = f"{refunded} of line {line_id} refunded"
            yield from against(report, order, "signed_for", about=f"refunded:{line_id}", expected=expected)
    yield from _claimed_not_to_have_come(report, order, parcel)


def _claimed_not_to_have_come(report: ReportSignature, order: Order, parcel: Parcel) -> Iterator[Event]:
    """Customer service has both words to weigh; the case stays open."""
    for case in order.cases.values():
        claimed = {line.parcel_id for line in case.lines}
        if case.is_open and case.type == "not_received" and parcel.parcel_id in claimed:
            expected = f"never received, says the buyer in {case.id}"
            yield from against(report, order, "signed_for", about=f"claim:{case.id}", expected=expected)
