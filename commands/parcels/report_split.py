"""The warehouse or a carrier packs one parcel of an order into several."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field, model_validator

from commands.fields import TrackingNo
from commands.order_command import OrderReport
from commands.parcels.repacked_parcels import differing, goes_round, repacking_contradictions, units_by_line
from commands.requested_units import PackedItems
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.parcels import ParcelContents, ParcelItem, ParcelSplit
from ledger.folds.parcel import Parcel
from ledger.ids import Id
from ledger.streams.orders.order import Order

_FACT = "split"


class SplitPart(BaseModel):
    """One of the new parcels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parcel_id: Id
    items: PackedItems
    tracking_no: TrackingNo | None = None


class ReportSplit(OrderReport, name="report_split"):
    """Records that units of a parcel are in these parts from `occurred_at` on. Other units stay in the parcel.

    A parcel that is unknown, moved or delivered, or parts that do not sum to its units, open a break.
    """

    parcel_id: Id
    parts: tuple[SplitPart, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_each_once(self) -> ReportSplit:
        named = {self.parcel_id, *(part.parcel_id for part in self.parts)}
        if len(named) != len(self.parts) + 1:
            raise ValueError("name each part once, with an id other than the parcel's")
        return self


def decide(report: ReportSplit, order: Order, rules: Rules) -> Iterator[Event]:
    parcel = order.parcels.of(report.parcel_id)
    named = tuple(part.parcel_id for part in report.parts)
    if parcel and parcel.went_into == list(named) and parcel.moved_at == report.happened_at:
        return
    goes_nowhere = goes_round(order, sources=(report.parcel_id,), targets=named) is not None
    contents = () if goes_nowhere else tuple(_contents(report, parcel))
    yield ParcelSplit(
        order_id=report.order_id,
        from_parcels=(report.parcel_id,),
        to_parcels=named,
        tracking_no="",
        contents=contents,
        happened_at=report.happened_at,
    )
    yield from repacking_contradictions(
        report, order, sources=(report.parcel_id,), targets=named, contents=contents, fact=_FACT
    )
    if parcel and parcel.created and parcel.moved_at is None:
        yield from _unequal(report, order, parcel)


def _contents(report: ReportSplit, parcel: Parcel | None) -> Iterator[ParcelContents]:
    """Yields the units that move, never more than the parcel holds."""
    left = units_by_line(parcel.items if parcel and parcel.moved_at is None else ())
    for part in report.parts:
        items = []
        for line_id, reported in units_by_line(part.items).items():
            qty = min(reported, left[line_id])
            left[line_id] -= qty
            items += [ParcelItem(line_id=line_id, qty=qty)] if qty else []
        if items:
            yield ParcelContents(parcel_id=part.parcel_id, items=tuple(items), tracking_no=part.tracking_no or "")


def _unequal(report: ReportSplit, order: Order, parcel: Parcel) -> Iterator[Event]:
    reported_units = units_by_line(item for part in report.parts for item in part.items)
    held = units_by_line(parcel.items)
    if reported_units != held:
        yield from differing(
            report,
            order,
            parcel_id=parcel.parcel_id,
            fact=_FACT,
            about="contents",
            expected=f"held {_listed(held)}",
            actual=f"split into {_listed(reported_units)}",
        )


def _listed(held: dict[str, int]) -> str:
    return ", ".join(f"{qty} of {line_id}" for line_id, qty in sorted(held.items())) or "nothing"
