"""Shared parts of reports on the costs and claims of a parcel."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.explanations import A_PARCEL
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from ledger.events.event import Event
from ledger.ids import Id
from ledger.streams.orders.order import Order


class ParcelCost(OrderReport):
    """A partner charges an amount for a parcel."""

    parcel_id: Id
    partner: Id
    amount: PositiveMoney


class ClaimReport(OrderReport):
    """A partner answers a claim. `parcel_id` may be left out if we filed the claim."""

    claim_id: Id
    partner: Id
    parcel_id: Id | None = None


def parcel_of(report: ClaimReport, order: Order) -> str:
    """Returns the parcel of the claim, or "unknown"."""
    claim = order.logistics.claims.get(report.claim_id)
    return report.parcel_id or (claim.parcel_id if claim else "unknown")


def unknown_parcel(report: ParcelCost, order: Order, **refs: str) -> Iterator[Event]:
    """Opens a break for a cost of a parcel that the order does not have."""
    if order.parcels.of(report.parcel_id) is None:
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected=A_PARCEL,
            actual=report.parcel_id,
            fact=report.name,
            **refs,
        )


def unknown_claim(report: ClaimReport, order: Order, *, expected: str, actual: str) -> Iterator[Event]:
    """Opens a break for an answer that contradicts the claim."""
    yield from contradiction(
        report,
        order,
        kind="fact_contradicts_state",
        expected=expected,
        actual=actual,
        claim_id=report.claim_id,
        fact=report.name,
    )
