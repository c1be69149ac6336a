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
from ledger.events.milestones import MILESTONES, WORDS
from ledger.events.orders import OrderCancelled, OrderConfirmed, OrderExpired, OrderLineCancelled, OrderPlaced
from ledger.events.parcels import (
    DutyAssessed,
    LogisticsChargeRecorded,
    ParcelCreated,
    ParcelDeemedSigned,
    ParcelDispatched,
    ParcelFact,
    ParcelReturnedToSender,
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
from ledger.ids import merchant_of, order_of
from ledger.log.rows import Recorded
from ledger.policies.after_sales_lock import AfterSalesLock
from ledger.policies.return_window import ReturnWindow
from projections.engine.batch import Batch, Row
from projections.engine.projection import Projection
from projections.tracking.buyers_places import names_of, place_for_buyers
from projections.tracking.parcel_status import Fact, carry, hand_over, mark_of, reach
from projections.tracking.repacked_units import inherit, repack
from projections.tracking.tables import BLANK_ORDER, BLANK_PARCEL, LOCKS, ORDERS, PARCELS, RETURN_WINDOWS, TIMELINE
from projections.tracking.tracked_disputes import DISPUTE_EVENTS, disputes_after
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
    version = 9
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
        for recorded, event in reported:
            if isinstance(event, PolicyPublished):
                _publish(batch, recorded, event)
            else:
                fold = _Fold(batch, recorded)
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

    def __init__(self, batch: Batch, recorded: Recorded) -> None:
        self._batch, self._recorded = batch, recorded
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
    def _(self, event: ParcelCreated) -> None:
        self._leave_unsaid(names_of(event.warehouse_id, is_place=True))
        row = self._parcel(event.parcel_id)
        if row["moved_at"] is None:  # else its units are already in other parcels
            row["items"] = canonical([{"line_id": i.line_id, "qty": i.qty, "refunded": 0} for i in event.items])
        self._reach(row, Fact("created", self._recorded.occurred_at))

    @on.register
    def _(self, event: ParcelDispatched) -> None:
        self._leave_unsaid(names_of(event.carrier))
        row = self._parcel(event.parcel_id)
        hand_over(row, [(event.dispatched_at, mark_of(event.carrier))])
        at = event.dispatched_at
        self._reach(row, Fact("dispatched", at, counts_from=event.counts_from(at)))

    @on.register
    def _(self, event: ParcelFact) -> None:
        self._leave_unsaid(_names(event))
        row = self._parcel(event.parcel_id)
        carry(row, event.happened_at, event.carrier)
        at = event.happened_at
        self._reach(row, Fact(WORDS[type(event)], at, _place(event), event.counts_from(at)))

    @on.register
    def _(self, event: ParcelReturnedToSender) -> None:
        """A return that was interpreted from a delivery is kept as a delivery; all facts together decide its
        recipient.
        """
        self._leave_unsaid(_names(event))
        row, at = self._parcel(event.parcel_id), event.happened_at
        carry(row, at, event.carrier)
        word = WORDS[type(event)] if event.evidence_kind is None else "signed_for"
        self._reach(row, Fact(word, at, _place(event), event.counts_from(at)))

    @on.register
    def _(self, event: ParcelSignedFor) -> None:
        self._leave_unsaid(_names(event))
        at, kind = event.happened_at, event.evidence_kind
        delivery = Fact("signed_for", at, _place(event), event.counts_from(at), kind, kind == NAMES_THE_RECIPIENT)
        self._reach(self._parcel(event.parcel_id), delivery)

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
    def _(self, event: ParcelDeemedSigned) -> None:
        self._reach(self._parcel(event.parcel_id), Fact("deemed_signed", event.signed_at, evidence_kind=""))

    @on.register
    def _(self, event: ParcelsConsolidated | ParcelSplit) -> None:
        for parcel_id in _parcels_of(event):
            self._reach(self._parcel(parcel_id), Fact(WORDS[type(event)], event.happened_at))
        for row in repack(event, self._parcel):
            self._batch.rows(PARCELS).put(row, at=self._recorded.position)

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
            self._batch.rows(PARCELS).put(row, at=self._recorded.position)

    def _pass_on(self, row: Row) -> None:
        """Applies a late fact also to the parcels into which the units have moved since."""
        for parcel_id in from_json(row["went_into"]):
            later = self._parcel(parcel_id)
            inherit(row, later)
            self._batch.rows(PARCELS).put(later, at=self._recorded.position)
            self._pass_on(later)

    def _reach(self, row: Row, fact: Fact) -> None:
        """Applies a fact to the parcel and appends it to the timeline."""
        reach(row, fact)
        position = self._recorded.position
        self._batch.rows(PARCELS).put(row, at=position)
        self._pass_on(row)
        if self._batch.rows(ORDERS).get(self._order_id, self._merchant) is None:
            self._put_order()
        self._batch.lines(TIMELINE).append(
            (
                self._batch.book, position, row["parcel_id"], self._order_id, self._merchant, fact.milestone,
                fact.happened_at, fact.location, fact.to_recipient,
            )
        )  # fmt: skip


def _place(event: ParcelFact) -> str:
    return place_for_buyers(event.location, event.carrier)


def _names(event: ParcelFact) -> tuple[str, ...]:
    """Returns the hashes of the names in the fact: its carrier and its warehouse."""
    return *names_of(event.carrier), *names_of(getattr(event, "warehouse_id", ""), is_place=True)


def _counted(text: str, line_id: str, column: str, qty: int) -> str:
    entries = from_json(text)
    for entry in entries:
        if entry["line_id"] == line_id:
            entry[column] += qty
            break
    return canonical(entries)
