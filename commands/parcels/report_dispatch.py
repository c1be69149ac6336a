"""A carrier or an imported system reports that a parcel was handed over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from commands.fields import TrackingNo
from commands.parcels.interception import not_to_be_sent
from commands.parcels.packable_units import quantities
from commands.parcels.parcel_reports import ParcelReport, against, contradictions, unpaid
from commands.parcels.sequence_contradictions import out_of_sequence
from commands.requested_units import PackedItemsOrNone
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import ParcelCreated, ParcelDispatched
from ledger.folds.parcel import Parcel
from ledger.folds.parcel_facts import Dispatch, Fact
from ledger.ids import Id
from ledger.streams.orders.order import Order

_FACT = "dispatched"
_NO_WAREHOUSE = "unassigned"


class ReportDispatch(ParcelReport, name="report_dispatch"):
    """Records the dispatch of a parcel at `occurred_at`. A parcel that nobody packed is created with `items`.

    Unpaid or refunded units, other contents, a second dispatch or a used tracking number open a break.
    """

    carrier: Id
    tracking_no: TrackingNo
    items: PackedItemsOrNone = ()
    warehouse_id: Id | None = None


def decide(report: ReportDispatch, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(report.parcel_id)
    reported = Dispatch(report.happened_at, report.carrier, report.tracking_no)
    if parcel and reported in parcel.dispatches:
        return
    packed = parcel is not None and parcel.created
    if not packed and report.items:
        yield _created(report)
    yield ParcelDispatched(
        order_id=report.order_id,
        parcel_id=report.parcel_id,
        carrier=report.carrier,
        tracking_no=report.tracking_no,
        dispatched_at=report.happened_at,
    )
    yield from _breaks(report, order, parcel)


def _created(report: ReportDispatch) -> ParcelCreated:
    return ParcelCreated(
        order_id=report.order_id,
        parcel_id=report.parcel_id,
        items=report.items,
        warehouse_id=report.warehouse_id or _NO_WAREHOUSE,
    )


def _breaks(report: ReportDispatch, order: Order, parcel: Parcel | None) -> Iterator[Event]:
    yield from unpaid(report, order, _FACT)
    packed = quantities(parcel.packed) if parcel and parcel.created else {}
    if parcel is None or parcel.moved_at is None:  # else its units are counted in the parcels that hold them now
        yield from not_to_be_sent(report, order, _FACT, packed or quantities(report.items))
    if packed and report.items and quantities(report.items) != packed:
        yield from against(report, order, _FACT, about="contents", expected=f"packed {_listed(packed)}")
    if parcel and parcel.dispatch:
        first = parcel.dispatch
        expected = f"handed over at {first.dispatched_at.isoformat()} as {first.carrier} {first.tracking_no}"
        yield from against(report, order, _FACT, about=f"twice:{report.happened_at.isoformat()}", expected=expected)
    other = order.parcels.tracked_as(report.tracking_no)
    if other and other.parcel_id != report.parcel_id:
        yield from against(
            report, order, _FACT, about=other.parcel_id, expected="a number of its own", kind="duplicate_tracking_no"
        )
    yield from contradictions(report, order, _FACT, creates=bool(report.items))
    yield from out_of_sequence(report, order, Fact.of(_FACT, report.happened_at))


def _listed(sent: Mapping[str, int]) -> str:
    return ", ".join(f"{qty} of {line_id}" for line_id, qty in sorted(sent.items()))
