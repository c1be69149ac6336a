"""Makes the steps of a merchant order's only parcel at the source's times, in whatever order these are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from commands.parcels.report_dispatch import ReportDispatch
from commands.parcels.report_signature import ReportSignature
from ledger.events.parcels import ParcelItem
from service.demo.olist.asker import IMPORTER, named, source_of
from service.demo.olist.orders import MerchantOrder
from service.demo.olist.step import Step, StepKind

_CARRIER = "olist_carrier"  # the source names no carriers


def parcel_steps(order: MerchantOrder) -> Iterator[Step]:
    """Yields the dispatch and the signature, if the source has a time for them."""
    source = order.source
    reported = {
        "actor": IMPORTER,
        "source": source_of(source.row),
        "correlation_id": source.order_id,
        "merchant_id": order.merchant_id,
        "order_id": order.order_id,
        "parcel_id": f"{order.order_id}-p1",
    }
    if at := source.handed_over_at:
        command_id = named(order.order_id, "hand-over")
        dispatch = partial(
            ReportDispatch,
            id=command_id,
            occurred_at=at,
            carrier=_CARRIER,
            tracking_no=f"olist-{order.order_id}",
            items=tuple(ParcelItem(line_id=line.line_id, qty=line.qty) for line in order.lines),
            **reported,
        )
        yield Step(at, StepKind.HAND_OVER, command_id, dispatch, (source.row,))
    if at := source.delivered_at:
        command_id = named(order.order_id, "signature")
        sign = partial(ReportSignature, id=command_id, occurred_at=at, **reported)
        yield Step(at, StepKind.SIGNATURE, command_id, sign, (source.row,))
