"""Tracking of every parcel of an order, on both legs and at customs, without the merchant's money and partners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from pydantic_core import from_json

from ledger.canonical import canonical
from ledger.events.deliveries import NAMES_THE_RECIPIENT
from ledger.events.disputes import DisputeLost, DisputeWon
from ledger.events.event import Event
from ledger.events.logistics import (
    LogisticsClaimAccepted,
    LogisticsClaimDenied,
    LogisticsClaimFiled,
    LogisticsClaimSettled,
)
from ledger.events.milestones import MILESTONES
from ledger.events.orders import OrderCancelled, OrderConfirmed, OrderExpired, OrderLineCancelled, OrderPlaced
from ledger.events.parcels import (
    DutyAssessed,
    LogisticsChargeRecorded,
    ParcelCreated,
    ParcelDeemedSigned,
    ParcelDispatched,
    ParcelFact,
    ParcelsConsolidated,
    ParcelSignedFor,
    ParcelSplit,
)
from ledger.events.payments import PaymentCaptureFailed
from ledger.events.platform import PolicyPublished
from ledger.events.refunds import (
    RefundApproved,
    RefundAutoApproved,
    RefundRejected,
    RefundRequested,
    RefundWithdrawn,
    ReturnExpired,
    ReturnReceived,
    ReturnShipped,
)
from ledger.folds.line_places import repack
from ledger.folds.parcel_reports import parcels_of, stored
from ledger.folds.parcels import Parcels
from ledger.ids import merchant_of, order_of
from ledger.log.rows import Recorded
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.engine.batch import Batch, Row
from projections.engine.projection import Projection
from projections.tracking.buyers_places import names_of
from projections.tracking.tables import BLANK_ORDER, BLANK_PARCEL, LOCKS, ORDERS, PARCELS, RETURN_WINDOWS, TIMELINE
from projections.tracking.tracked_disputes import DISPUTE_EVENTS, disputes_after
from projections.tracking.tracked_parcels import columns_of, milestone_of, without_partners
from projections.tracking.tracked_refunds import REFUND_EVENTS, refunds_after
from projections.tracking.tracked_units import Lines, TrackedUnits, close, refund, text_of, undo, units_of

PARTNER_EVENTS: tuple[type[Event], ...] = (
    LogisticsChargeRecorded,
    DutyAssessed,
    LogisticsClaimFiled,
    LogisticsClaimAccepted,
    LogisticsClaimSettled,
    LogisticsClaimDenied,
)
_STATUS: dict[type[Event], str] = {OrderConfirmed: "confirmed", OrderExpired: "expired", OrderCancelled: "cancelled"}


class CustomerTracking(Projection):
    """Keeps rows of orders and parcels for buyers. A reader adds the states that depend on the clock."""

    name = "customer_tracking"
    version = 15
    tables = (ORDERS, PARCELS, TIMELINE, LOCKS, RETURN_WINDOWS)
    events = (
        OrderPlaced,
        OrderConfirmed,
        OrderExpired,
        OrderCancelled,
        OrderLineCancelled,
        PaymentCaptureFailed,
        *REFUND_EVENTS,
        *DISPUTE_EVENTS,
        *PARTNER_EVENTS,
        ReturnShipped,
        PolicyPublished,
        *(milestone.event for milestone in MILESTONES.values()),
    )

    def fold(self, batch: Batch) -> None:
        reported = [(recorded, recorded.event) for recorded in batch.events]
        _load(batch, reported)
        parcels: dict[tuple[str, str], Parcels] = {}  # by order
        for recorded, event in reported:
            if isinstance(event, PolicyPublished):
                _publish(batch, recorded, event)
            else:
                fold = _Fold(batch, recorded, parcels)
                fold.on(event)
                if isinstance(event, REFUND_EVENTS):
                    fold.refund(event)
                if isinstance(event, DISPUTE_EVENTS):
                    fold.dispute(event)


def _load(batch: Batch, reported: Iterable[tuple[Recorded, Event]]) -> None:
    orders: dict[tuple[str, str], None] = {}
    parcels: dict[tuple[str, str, str], None] = {}
    for recorded, event in reported:
        order = (order_of(recorded.stream) or "", merchant_of(recorded.stream) or "")
        orders[order] = None
        for parcel_id in _parcels_of(event):
            parcels[*order, parcel_id] = None
    batch.rows(ORDERS).load(orders)
    batch.rows(PARCELS).load(parcels)


def _parcels_of(event: Event) -> tuple[str, ...]:
    match event:
        case ParcelsConsolidated() | ParcelSplit():
            return tuple(dict.fromkeys((*event.from_parcels, *event.to_parcels)))
        case RefundApproved() | RefundAutoApproved() | DisputeLost():
            return tuple(line.parcel_id for line in event.lines if line.parcel_id)
        case ReturnExpired() | DisputeWon() if event.undone:
            return tuple(line.parcel_id for line in event.undone.lines if line.parcel_id)
    parcel_id: str | None = getattr(event, "parcel_id", None)
    return (parcel_id,) if parcel_id else ()


def _publish(batch: Batch, recorded: Recorded, event: PolicyPublished) -> None:
    if event.key == AfterSalesLock.key:
        row = {"version": event.version, "content": canonical(event.content)}
        batch.rows(LOCKS).put(row, at=recorded.position)
    elif event.key == ReturnWindow.key:
        window = {"version": event.version, "effective_from": event.effective_from}
        batch.rows(RETURN_WINDOWS).put(window | {"content": canonical(event.content)}, at=recorded.position)


class _Fold:
    """Applies one event of an order to the rows."""

    def __init__(self, batch: Batch, recorded: Recorded, parcels: dict[tuple[str, str], Parcels]) -> None:
        self._batch, self._recorded, self._parcels = batch, recorded, parcels
        self._order_id = order_of(recorded.stream) or ""
        self._merchant = merchant_of(recorded.stream) or ""

    def refund(self, event: Event) -> None:
        """Updates the state of the refund. Other effects of the event are applied by `on`."""
        self._put_order(refunds=canonical(refunds_after(from_json(self._order()["refunds"]), event)))

    def dispute(self, event: Event) -> None:
        """Updates the open disputes and their units. Other effects of the event are applied by `on`."""
        order = self._order()
        after = disputes_after(from_json(order["disputes"]), event, from_json(order["refunds"]))
        self._put_order(disputes=canonical(after))

    @singledispatchmethod
    def on(self, event: Any) -> None:
        assert isinstance(event, (*REFUND_EVENTS, *DISPUTE_EVENTS)), f"{event.name} is listed but not folded"

    @on.register
    def _(self, event: OrderPlaced) -> None:
        lines = [
            {"line_id": line.line_id, "title": line.title_shown, "qty": line.qty, "cancelled": 0, "refunded": 0}
            for line in event.lines
        ]
        self._put_order(
            status="placed",
            buyer_ref=event.buyer_ref,
            market=event.market,
            placed_at=event.placed_at,
            promised_by=event.promised_warehouse_by,
            lock_version=event.after_sales_lock_version,
            lines=canonical(lines),
            units=text_of({line.line_id: TrackedUnits(uncancelled=line.qty) for line in event.lines}),
        )

    @on.register
    def _(self, event: OrderConfirmed | OrderExpired | OrderCancelled) -> None:
        self._put_order(status=_STATUS[type(event)])

    @on.register
    def _(self, event: PaymentCaptureFailed) -> None:
        if event.undone:
            self._put_order(status="placed")

    @on.register
    def _(self, event: OrderLineCancelled) -> None:
        """Units cancelled after payment are refunded, and are counted by the refund."""
        if self._order()["status"] != "confirmed":
            with self._units(()) as lines:
                lines[event.line_id].uncancelled -= event.qty

    @on.register
    def _(self, event: RefundRequested) -> None:
        with self._units(()) as lines:
            for line in event.lines:
                lines[line.line_id].ask(line.parcel_id, line.qty, event.refund_id)

    @on.register
    def _(self, event: RefundRejected | RefundWithdrawn | ReturnReceived) -> None:
        with self._units(()) as lines:
            close(lines, event.refund_id)

    @on.register
    def _(self, event: ReturnExpired) -> None:
        with self._units(_parcels_of(event)) as lines:
            close(lines, event.refund_id)
            undo(lines, event.undone.lines if event.undone else ())
            refund(lines, event.kept.lines if event.kept else ())

    @on.register
    def _(self, event: RefundApproved | RefundAutoApproved) -> None:
        waits = isinstance(event, RefundApproved) and event.return_required
        with self._units(_parcels_of(event)) as lines:
            close(lines, event.refund_id)
            refund(lines, event.lines, awaited_by=event.refund_id if waits else None)

    @on.register
    def _(self, event: DisputeLost) -> None:
        with self._units(_parcels_of(event)) as lines:
            refund(lines, event.lines)

    @on.register
    def _(self, event: DisputeWon) -> None:
        with self._units(_parcels_of(event)) as lines:
            undo(lines, event.undone.lines if event.undone else ())

    @on.register
    def _(self, event: ParcelCreated | ParcelDispatched | ParcelFact | ParcelDeemedSigned) -> None:
        carrier, warehouse = getattr(event, "carrier", ""), getattr(event, "warehouse_id", "")
        self._leave_unsaid((*names_of(carrier), *names_of(warehouse, is_place=True)))
        self._report(event)

    @on.register
    def _(
        self,
        event: LogisticsChargeRecorded
        | DutyAssessed
        | LogisticsClaimFiled
        | LogisticsClaimAccepted
        | LogisticsClaimSettled
        | LogisticsClaimDenied,
    ) -> None:
        self._leave_unsaid(names_of(event.partner))

    @on.register
    def _(self, event: ReturnShipped) -> None:
        self._leave_unsaid(names_of(event.carrier))

    @on.register
    def _(self, event: ParcelsConsolidated | ParcelSplit) -> None:
        with self._units(()) as lines:
            repack(lines, event, self._folded())
        self._report(event)

    def _leave_unsaid(self, names: Collection[str]) -> None:
        """Adds names to those that places must not show.

        Any partner of the order may write another's name into a place, also one known only from its charges.
        """
        known = from_json(self._order()["unsaid"])
        if new := set(names).difference(known):
            self._put_order(unsaid=canonical(sorted(new.union(known))))

    def _order(self) -> Row:
        found = self._batch.rows(ORDERS).get(self._order_id, self._merchant)
        return found or BLANK_ORDER | {"order_id": self._order_id, "merchant": self._merchant}

    def _put_order(self, **changes: Any) -> None:
        self._batch.rows(ORDERS).put(self._order() | changes, at=self._recorded.position)

    @contextmanager
    def _units(self, parcel_ids: Iterable[str]) -> Iterator[Lines]:
        """Gives the counts of the order's units, stores their changes, and shows them in these parcels."""
        lines = units_of(self._order()["units"])
        yield lines
        shown = from_json(self._order()["lines"])
        for line in shown:
            units = lines[line["line_id"]]
            line["cancelled"], line["refunded"] = line["qty"] - units.live, units.at(None).refunded
        self._put_order(units=text_of(lines), lines=canonical(shown))
        self._show(parcel_ids, lines, at=self._recorded.occurred_at)

    def _show(self, parcel_ids: Iterable[str], lines: Lines, *, at: datetime) -> None:
        """Writes the rows of these parcels, and of those that units of them moved to."""
        parcels = self._folded()
        for parcel_id in parcels.onward(parcel_ids):
            row, parcel = self._parcel(parcel_id), parcels.of(parcel_id)
            assert parcel is not None, "units are in a parcel that an event named"
            columns = columns_of(parcels, parcel, row, lines, at=at)
            self._batch.rows(PARCELS).put(row | columns, at=self._recorded.position)

    def _parcel(self, parcel_id: str) -> Row:
        key = {"order_id": self._order_id, "merchant": self._merchant, "parcel_id": parcel_id}
        found = self._batch.rows(PARCELS).get(*key.values())
        return found or key | BLANK_PARCEL

    def _report(self, event: Event) -> None:
        """Applies the event to the order's parcels, and appends it to the timeline of each parcel that it names."""
        parcels, shown = self._folded(), without_partners(event)
        parcels.remember(shown)
        self._put_order(reports=self._order()["reports"] + stored(shown))
        word, at = milestone_of(event, self._recorded.occurred_at)
        self._show(_parcels_of(event), units_of(self._order()["units"]), at=at)
        place, named = getattr(shown, "raw_code", ""), getattr(event, "evidence_kind", None) == NAMES_THE_RECIPIENT
        to_recipient = named and isinstance(event, ParcelSignedFor)
        for parcel_id in _parcels_of(event):
            entry = (parcel_id, self._order_id, self._merchant, word, at, place, to_recipient)
            self._batch.lines(TIMELINE).append((self._batch.book, self._recorded.position, *entry))

    def _folded(self) -> Parcels:
        """Returns the order's parcels after all reports so far. A batch folds each order once."""
        key = (self._order_id, self._merchant)
        if key not in self._parcels:
            self._parcels[key] = parcels_of(self._order()["reports"])
        return self._parcels[key]
