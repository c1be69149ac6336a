"""What partners' reports about the money of a parcel have in common."""

from __future__ import annotations

from collections.abc import Iterator

from commands.contradictions import contradiction
from commands.fields import PositiveMoney
from commands.order_command import OrderReport
from ledger.events.event import Event
from ledger.ids import Id
from ledger.streams.orders.order import Order


class ParcelCost(OrderReport):
    """A partner wants money for a parcel."""

    parcel_id: Id
    partner: Id
    amount: PositiveMoney


class ClaimReport(OrderReport):
    """What a partner answers to a claim. `parcel_id` may be left out where we filed it."""

    claim_id: Id
    partner: Id
    parcel_id: Id | None = None


def parcel_of(report: ClaimReport, order: Order) -> str:
    """The parcel a claim is about."""
    claim = order.logistics.claims.get(report.claim_id)
    return report.parcel_id or (claim.parcel_id if claim else "unknown")


def unknown_parcel(report: ParcelCost, order: Order, **refs: str) -> Iterator[Event]:
    """The break of a cost for a parcel that the order does not have."""
    if order.parcels.of(report.parcel_id) is None:
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected="a parcel of the order",
            actual=report.parcel_id,
            fact=report.name,
            **refs,
        )


def unknown_claim(report: ClaimReport, order: Order, *, expected: str, actual: str) -> Iterator[Event]:
    """The break of an answer that does not fit the claim."""
    yield from contradiction(
        report,
        order,
        kind="fact_contradicts_state",
        expected=expected,
        actual=actual,
        claim_id=report.claim_id,
        fact=report.name,
    )
