"""Parcels on their way back to the sender: the recipient of each delivery, and contradictions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.contradictions import contradiction
from commands.parcels.parcel_reports import ParcelReport, against_lines
from ledger.events.deliveries import GOING_BACK, went_to
from ledger.events.event import Event
from ledger.events.parcels import ParcelReturnedToSender
from ledger.folds.parcel import Parcel
from ledger.folds.parcel_facts import Delivery, Fact, Signature
from ledger.streams.orders.order import Order

_ONE_DELIVERY = timedelta(days=1)  # carriers report one delivery in several scans


def went_back(parcel: Parcel, delivery: Fact) -> bool:
    """True if the delivery ended at the sender, by all known facts."""
    return delivery in went_to((*parcel.facts, delivery), "sender")


def read_again(report: ParcelReport, order: Order, parcel: Parcel, fact: Fact) -> Iterator[Event]:
    """Applies a return-to-sender fact to deliveries that were reported before it.

    A delivery that ended at the sender is recorded as such. If its money was released, a break opens.
    """
    if fact.milestone not in GOING_BACK:
        return
    way = [known for known in parcel.facts if known.milestone != "signed_for"]
    facts: tuple[Fact | Signature, ...] = (*way, fact, *parcel.signatures)
    for signature in went_to(facts, "sender"):
        if isinstance(signature, Signature) and signature.evidence_kind is not None:
            delivery = Delivery(signature.signed_at, signature.evidence_kind, signature.proof_ref)
            if delivery not in parcel.returned:
                yield _returned(report, delivery)
    yield from _released(report, order, parcel, fact)


def _returned(report: ParcelReport, delivery: Delivery) -> ParcelReturnedToSender:
    return ParcelReturnedToSender(
        order_id=report.order_id,
        parcel_id=report.parcel_id,
        happened_at=delivery.happened_at,
        evidence_ref=delivery.proof_ref,
        evidence_kind=delivery.evidence_kind,
    )


def delivered_twice(report: ParcelReport, order: Order, parcel: Parcel, delivery: Delivery) -> Iterator[Event]:
    """Opens a break for each other delivery, in any order of the reports, unless it is the same one again."""
    others = [other for other in sorted(parcel.deliveries - {delivery}) if not _is_one(other, delivery)]
    pairs = [sorted((other.happened_at, delivery.happened_at)) for other in others]
    for again, first in {again: first for first, again in reversed(pairs)}.items():
        refs = {"parcel_id": report.parcel_id, "fact": "signed_for", "about": f"twice:{again.isoformat()}"}
        yield from contradiction(
            report,
            order,
            kind="fact_contradicts_state",
            expected="one delivery of the parcel",
            actual=f"delivered at {first.isoformat()} and at {again.isoformat()}",
            **refs,
        )


def _is_one(one: Delivery, other: Delivery) -> bool:
    return abs(one.happened_at - other.happened_at) <= _ONE_DELIVERY and one.proof_ref == other.proof_ref


def _released(report: ParcelReport, order: Order, parcel: Parcel, fact: Fact) -> Iterator[Event]:
    if went_to((*parcel.facts, fact), "recipient"):
        return
    lines = sorted({item.line_id for item in parcel.items} & order.lines.keys())
    released = {line_id: order.lines[line_id].at(parcel.parcel_id).kept_releases for line_id in lines}
    expected = [f"{qty} of line {line_id} released as signed for" for line_id, qty in released.items() if qty]
    yield from against_lines(report, order, fact.milestone, about="released", expected=expected)
