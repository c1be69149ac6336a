"""Shared parts of reports on repacking: the units that move, and contradictions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from commands.contradictions import contradiction
from commands.explanations import A_PARCEL
from commands.order_command import OrderReport
from ledger.events.event import Event
from ledger.events.parcels import ParcelContents, ParcelItem
from ledger.folds.parcel import Parcel
from ledger.streams.orders.order import Order

_OVER = frozenset({"signed_for", "deemed_signed", "destroyed", "returned_to_sender"})


def goes_round(order: Order, *, sources: Sequence[str], targets: Sequence[str]) -> str | None:
    """Returns the target whose units are already in one of the sources, or None. Then no units can move."""
    for target in targets:
        if set(order.parcels.onward([target])[1:]) & set(sources):
            return target
    return None


def repacking_contradictions(
    report: OrderReport,
    order: Order,
    *,
    sources: Sequence[str],
    targets: Sequence[str],
    contents: Sequence[ParcelContents],
    fact: str,
) -> Iterator[Event]:
    """Opens breaks of a repacking: unknown, moved or delivered parcels, and tracking numbers in use."""
    if (target := goes_round(order, sources=sources, targets=targets)) is not None:
        expected = f"a parcel of its own, not {target}, whose units travel in {', '.join(sources)}"
        yield from differing(report, order, parcel_id=target, fact=fact, about="target", expected=expected, actual=fact)
    for parcel_id in sources:
        parcel = order.parcels.of(parcel_id)
        if parcel is None or not parcel.created:
            refs = {"parcel_id": parcel_id}
            yield from contradiction(report, order, kind="unknown_parcel", expected=A_PARCEL, actual=parcel_id, **refs)
        else:
            yield from _wrong_state(report, order, parcel, fact)
    for n, content in enumerate(contents):
        yield from _wrong_target(report, order, content, sources, fact)
        yield from _numbered_alike(report, content, contents[:n], order, fact)


def differing(
    report: OrderReport, order: Order, *, parcel_id: str, fact: str, about: str, expected: str, actual: str
) -> Iterator[Event]:
    """Opens a break on one of the parcels."""
    refs = {"parcel_id": parcel_id, "fact": fact, "about": about}
    yield from contradiction(report, order, kind="fact_contradicts_state", expected=expected, actual=actual, **refs)


def units_by_line(items: Iterable[ParcelItem]) -> Counter[str]:
    """Returns the units by line. A report may state more units than a parcel can hold."""
    sums = Counter[str]()
    for item in items:
        sums[item.line_id] += item.qty
    return sums


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
        yield from _number_used_twice(report, order, content, fact, of=other.parcel_id)


def _numbered_alike(
    report: OrderReport, content: ParcelContents, before: Sequence[ParcelContents], order: Order, fact: str
) -> Iterator[Event]:
    other = next(
        (part.parcel_id for part in before if part.tracking_no and part.tracking_no == content.tracking_no), ""
    )
    if other:
        yield from _number_used_twice(report, order, content, fact, of=other)


def _number_used_twice(
    report: OrderReport, order: Order, content: ParcelContents, fact: str, *, of: str
) -> Iterator[Event]:
    refs = {"parcel_id": content.parcel_id, "fact": fact, "about": of}
    expected, actual = "a number of its own", content.tracking_no
    yield from contradiction(report, order, kind="duplicate_tracking_no", expected=expected, actual=actual, **refs)
