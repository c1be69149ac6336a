"""Tracking of every parcel of an order, on both legs and at customs, without the merchant's money and partners."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
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
    ApprovedLine,
    RefundApproved,
    RefundAutoApproved,
    RefundRejected,
    RefundRequested,
    RefundWithdrawn,
    ReturnExpired,
    ReturnReceived,
    ReturnShipped,
)
from ledger.folds.parcels import Parcels
from ledger.ids import merchant_of, order_of
from ledger.log.rows import Recorded
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.engine.batch import Batch, Row
from projections.engine.projection import Projection
from projections.tracking.buyers_places import names_of
from projections.tracking.repacked_units import repack
from projections.tracking.tables import BLANK_ORDER, BLANK_PARCEL, LOCKS, ORDERS, PARCELS, RETURN_WINDOWS, TIMELINE
from projections.tracking.tracked_disputes import DISPUTE_EVENTS, disputes_after
from projections.tracking.tracked_parcels import columns_of, milestone_of, parcels_of, stored, without_partners
from projections.tracking.tracked_refunds import REFUND_EVENTS, refunds_after

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
    version = 11
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
            self._count(event.line_id, "cancelled", event.qty)

    @on.register
    def _(self, event: RefundRequested) -> None:
        units = [{"line_id": line.line_id, "parcel_id": line.parcel_id, "qty": line.qty} for line in event.lines]
        cases = from_json(self._order()["open_cases"])
        self._put_order(open_cases=canonical(cases | {event.refund_id: {"units": units, "decided": False}}))

    @on.register
    def _(self, event: RefundRejected | RefundWithdrawn) -> None:
        self._close_case(event.refund_id)

    @on.register
    def _(self, event: ReturnReceived) -> None:
        self._close_case(event.refund_id)

    @on.register
    def _(self, event: ReturnExpired) -> None:
        self._close_case(event.refund_id)
        self._give_back(event.undone.lines if event.undone else (), -1)
        self._give_back(event.kept.lines if event.kept else ())

    @on.register
    def _(self, event: RefundApproved | RefundAutoApproved) -> None:
        if isinstance(event, RefundAutoApproved) or not event.return_required:
            self._close_case(event.refund_id)
        else:
            self._await_goods(event)
        self._give_back(event.lines)

    @on.register
    def _(self, event: DisputeLost) -> None:
        self._give_back(event.lines)

    @on.register
    def _(self, event: DisputeWon) -> None:
        self._give_back(event.undone.lines if event.undone else (), -1)

    @on.register
    def _(self, event: ParcelCreated | ParcelDispatched | ParcelFact | ParcelDeemedSigned) -> None:
        row = self._parcel(event.parcel_id)
        if isinstance(event, ParcelCreated) and row["moved_at"] is None:  # else its units are already in other parcels
            row["items"] = canonical([{"line_id": i.line_id, "qty": i.qty, "refunded": 0} for i in event.items])
            self._put_parcel(row)
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
        self._report(event)
        for row in repack(event, self._parcel):
            self._put_parcel(row)

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

    def _count(self, line_id: str, column: str, qty: int) -> None:
        self._put_order(lines=_counted(self._order()["lines"], line_id, column, qty))

    def _close_case(self, refund_id: str) -> None:
        cases = from_json(self._order()["open_cases"])
        cases.pop(refund_id, None)
        self._put_order(open_cases=canonical(cases))

    def _await_goods(self, event: RefundApproved) -> None:
        """Keeps the case open until the goods are back; its units are no longer requested."""
        units = [{"line_id": line.line_id, "parcel_id": line.parcel_id, "qty": line.qty} for line in event.lines]
        cases = from_json(self._order()["open_cases"])
        self._put_order(open_cases=canonical(cases | {event.refund_id: {"units": units, "decided": True}}))

    def _parcel(self, parcel_id: str) -> Row:
        key = {"order_id": self._order_id, "merchant": self._merchant, "parcel_id": parcel_id}
        found = self._batch.rows(PARCELS).get(*key.values())
        return found or key | BLANK_PARCEL

    def _give_back(self, lines: Sequence[ApprovedLine], sign: int = 1) -> None:
        """Counts these units as refunded, or with `sign` -1 as no longer refunded."""
        for line in lines:
            if line.parcel_id is None:
                self._count(line.line_id, "refunded", line.qty * sign)
            else:
                self._refund_in(line.parcel_id, line.line_id, line.qty * sign)

    def _refund_in(self, parcel_id: str, line_id: str, qty: int) -> None:
        """Changes the refunded units of a parcel by `qty`, in the parcels where the units are now."""
        row = self._parcel(parcel_id)
        for later in from_json(row["went_into"]):
            held = [item for item in from_json(self._parcel(later)["items"]) if item["line_id"] == line_id]
            most, least = sum(i["qty"] - i["refunded"] for i in held), -sum(i["refunded"] for i in held)
            here = max(least, min(qty, most))
            if here:
                self._refund_in(later, line_id, here)
                qty -= here
        if qty:
            row["items"] = _counted(row["items"], line_id, "refunded", qty)
            self._put_parcel(row)

    def _put_parcel(self, row: Row) -> None:
        self._batch.rows(PARCELS).put(row, at=self._recorded.position)

    def _report(self, event: Event) -> None:
        """Applies the event to the order's parcels, and appends it to the timeline of each parcel that it names."""
        parcels, shown = self._folded(), without_partners(event)
        parcels.remember(shown)
        self._put_order(reports=self._order()["reports"] + stored(shown))
        word, at = milestone_of(event, self._recorded.occurred_at)
        for parcel_id in parcels.onward(_parcels_of(event)):
            row, parcel = self._parcel(parcel_id), parcels.of(parcel_id)
            assert parcel is not None, "an event makes the parcels that it names"
            self._put_parcel(row | columns_of(parcels, parcel, row, at=at))
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


def _counted(text: str, line_id: str, column: str, qty: int) -> str:
    entries = from_json(text)
    for entry in entries:
        if entry["line_id"] == line_id:
            entry[column] += qty
            break
    return canonical(entries)
