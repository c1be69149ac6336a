"""What reports of parcels that travel on as others have in common: what moves, and what may be wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from commands.order_commands import OrderReport, contradiction, flagged_if_future
from ledger.events.event import Event
from ledger.events.shipment import ParcelContents, ParcelItem
from ledger.streams.order import Order
from ledger.streams.parcels import Parcel

_OVER = frozenset({"signed_for", "deemed_signed", "destroyed"})


def regrouping_doubts(
    report: OrderReport, order: Order, *, sources: Sequence[str], contents: Iterable[ParcelContents], fact: str
) -> Iterator[Event]:
    """Breaks of a regrouping: parcels nobody packed, that have moved on, are delivered, or go by another's number."""
    for parcel_id in sources:
        parcel = order.parcels.of(parcel_id)
        if parcel is None or not parcel.created:
            refs = {"parcel_id": parcel_id}
            yield from contradiction(
                report, order, kind="unknown_parcel", expected="a parcel of the order", actual=parcel_id, **refs
            )
        else:
            yield from _wrong_state(report, order, parcel, fact)
    for content in contents:
        yield from _wrong_target(report, order, content, sources, fact)
    yield from flagged_if_future(report, order, milestone=fact)


def differing(
    report: OrderReport, order: Order, *, parcel_id: str, fact: str, about: str, expected: str, actual: str
) -> Iterator[Event]:
    """A break about one of the parcels."""
    refs = {"parcel_id": parcel_id, "fact": fact, "about": about}
    yield from contradiction(report, order, kind="fact_contradicts_state", expected=expected, actual=actual, **refs)


def together(items: Iterable[ParcelItem]) -> tuple[ParcelItem, ...]:
    """The same units, each line once."""
    sums: dict[str, int] = {}
    for item in items:
        sums[item.line_id] = sums.get(item.line_id, 0) + item.qty
    return tuple(ParcelItem(line_id=line_id, qty=qty) for line_id, qty in sums.items())


def _wrong_state(report: OrderReport, order: Order, parcel: Parcel, fact: str) -> Iterator[Event]:
    if parcel.moved_at is not None:
        expected = f"travelling as {', '.join(parcel.went_into)} since {parcel.moved_at.isoformat()}"
    elif parcel.status in _OVER:
        expected = parcel.status
    else:
        return
    actual = f"{fact} at {report.happened_at.isoformat()}"
    yield from differing(
        report, order, parcel_id=parcel.parcel_id, fact=fact, about="over", expected=expected, actual=actual
    )


def _wrong_target(
    report: OrderReport, order: Order, content: ParcelContents, sources: Sequence[str], fact: str
) -> Iterator[Event]:
    known = order.parcels.of(content.parcel_id)
    if known and known.created and content.parcel_id not in sources:
        expected = f"a parcel of its own, not {content.parcel_id}, which exists"
        yield from differing(
            report, order, parcel_id=content.parcel_id, fact=fact, about="target", expected=expected, actual=fact
        )
    other = order.parcels.tracked_as(content.tracking_no) if content.tracking_no else None
    if other and other.parcel_id != content.parcel_id and other.parcel_id not in sources:
        refs = {"parcel_id": content.parcel_id, "fact": fact, "about": other.parcel_id}
        expected, actual = "a number of its own", content.tracking_no
        yield from contradiction(report, order, kind="duplicate_tracking_no", expected=expected, actual=actual, **refs)
