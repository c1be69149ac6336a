"""Giving the provider our side of a dispute."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.order_command import OrderCommand
from commands.rules import Rules
from ledger.events.disputes import DisputeEvidenceSubmitted
from ledger.events.event import Event
from ledger.ids import Id
from ledger.references import Reference
from ledger.refusals.payments import DisputeClosed, DisputeNotFound, EvidenceTooLate
from ledger.sealed import Sealed
from ledger.streams.orders.order import Order


class SubmitDisputeEvidence(OrderCommand, name="submit_dispute_evidence"):
    """`evidence_refs` name documents that are kept elsewhere: proofs of delivery, what the buyer was shown."""

    dispute_id: Reference
    evidence_refs: Annotated[tuple[Id, ...], Field(min_length=1)]
    note: Sealed[str] | None = None


def decide(command: SubmitDisputeEvidence, order: Order, rules: Rules) -> Iterator[Event]:
    dispute = order.disputes.get(command.dispute_id)
    if dispute is None:
        raise DisputeNotFound(order_id=command.order_id, dispute_id=command.dispute_id)
    if not dispute.is_open:
        raise DisputeClosed(dispute_id=dispute.dispute_id, state=dispute.state)
    if dispute.due_by and command.decided_at > dispute.due_by:
        raise EvidenceTooLate(dispute_id=dispute.dispute_id, due_by=dispute.due_by)
    yield DisputeEvidenceSubmitted(
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        dispute_id=dispute.dispute_id,
        payment_id=dispute.payment_id,
        capture_ref=dispute.capture_ref,
        psp=dispute.psp,
        stage=dispute.stage,
        evidence_refs=command.evidence_refs,
        note=command.note,
        submitted_by=command.actor,
        submitted_at=command.decided_at,
    )
