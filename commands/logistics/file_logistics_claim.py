"""Asking a logistics partner to pay for what was lost or damaged on its way (P16)."""

from __future__ import annotations

from collections.abc import Iterator

from commands.fields import PositiveMoney, Reason
from commands.order_command import OrderCommand
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.logistics import LogisticsClaimFiled
from ledger.ids import Id
from ledger.refusals.catalogue import ParcelNotFound
from ledger.refusals.payments import ClaimAlreadyFiled
from ledger.streams.orders.order import Order


class FileLogisticsClaim(OrderCommand, name="file_logistics_claim"):
    """Nothing is posted before the partner accepts it."""

    claim_id: Id
    parcel_id: Id
    partner: Id
    amount: PositiveMoney
    reason: Reason
    evidence_ref: str = ""


def decide(command: FileLogisticsClaim, order: Order, rules: Rules) -> Iterator[Event]:
    if order.parcels.of(command.parcel_id) is None:
        raise ParcelNotFound(order_id=command.order_id, parcel_id=command.parcel_id)
    if known := order.logistics.claims.get(command.claim_id):
        raise ClaimAlreadyFiled(claim_id=command.claim_id, state=known.state)
    yield LogisticsClaimFiled(
        merchant_id=command.merchant_id,
        order_id=command.order_id,
        parcel_id=command.parcel_id,
        claim_id=command.claim_id,
        partner=command.partner,
        amount=command.amount,
        reason=command.reason,
        evidence_ref=command.evidence_ref,
        filed_at=command.decided_at,
    )
