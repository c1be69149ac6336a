"""The warehouse packs several parcels of an order into one."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field, model_validator

from commands.fields import TrackingNo
from commands.order_command import OrderReport
from commands.parcels.repacked_parcels import goes_round, repacking_contradictions, units_by_line
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import ParcelContents, ParcelItem, ParcelsConsolidated
from ledger.ids import Id
from ledger.streams.orders.order import Order

_FACT = "consolidated"


class ReportConsolidation(OrderReport, name="report_consolidation"):
    """Records that units of several parcels are in `to_parcel` from `occurred_at` on.

    Parcels that are unknown, moved, delivered or named in a circle open a break.
    """

    from_parcels: tuple[Id, ...] = Field(min_length=1)
    to_parcel: Id
    tracking_no: TrackingNo | None = None

    @model_validator(mode="after")
    def _names_each_once(self) -> ReportConsolidation:
        if len({*self.from_parcels, self.to_parcel}) != len(self.from_parcels) + 1:
            raise ValueError("name each parcel once, and give to_parcel an id of its own")
        return self


def decide(report: ReportConsolidation, order: Order, rules: Rules) -> Iterator[Event]:
    if _is_known(report, order):
        return
    targets = (report.to_parcel,)
    contents = _contents(report, order)
    yield ParcelsConsolidated(
        order_id=report.order_id,
        from_parcels=report.from_parcels,
        to_parcels=targets,
        tracking_no=report.tracking_no or "",
        contents=contents,
        happened_at=report.happened_at,
    )
    yield from repacking_contradictions(
        report, order, sources=report.from_parcels, targets=targets, contents=contents, fact=_FACT
    )


def _contents(report: ReportConsolidation, order: Order) -> tuple[ParcelContents, ...]:
    """Returns the present units of the parcels, without parcels that nobody packed or that have moved on."""
    if goes_round(order, sources=report.from_parcels, targets=(report.to_parcel,)) is not None:
        return ()
    known = (order.parcels.of(parcel_id) for parcel_id in report.from_parcels)
    units = units_by_line(item for parcel in known if parcel for item in parcel.items)
    items = tuple(ParcelItem(line_id=line_id, qty=qty) for line_id, qty in units.items())
    if not items:
        return ()
    return (ParcelContents(parcel_id=report.to_parcel, items=items, tracking_no=report.tracking_no or ""),)


def _is_known(report: ReportConsolidation, order: Order) -> bool:
    """True if all these parcels are already recorded as moved into that one at that instant."""
    known = (order.parcels.of(parcel_id) for parcel_id in report.from_parcels)
    return all(p and p.went_into == [report.to_parcel] and p.moved_at == report.happened_at for p in known)
