"""Parcels and orders that miss, or may miss, their promised time at the transfer warehouse (statement 19)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, Integer

from ledger.canonical import canonical
from ledger.events.event import Event
from ledger.events.milestones import MILESTONES
from ledger.events.orders import OrderCancelled, OrderConfirmed, OrderExpired, OrderLineCancelled, OrderPlaced
from ledger.events.parcels import (
    ParcelCreated,
    ParcelDestroyed,
    ParcelDispatched,
    ParcelFact,
    ParcelFound,
    ParcelLost,
    ParcelReceivedAtWarehouse,
    ParcelRejectedAtWarehouse,
    ParcelReturnedToSender,
    ParcelReturningToSender,
    ParcelsConsolidated,
    ParcelSplit,
)
from ledger.events.platform import PolicyPublished
from ledger.events.refunds import RefundApproved, RefundAutoApproved
from ledger.ids import belongs_to
from ledger.log.rows import Recorded
from ledger.policies.promise import Promise
from projections.engine.batch import Batch, Row
from projections.engine.columns import count_column, instant_column, text_column
from projections.engine.projection import Projection
from projections.engine.tables import kept_table

ORDERS = kept_table(
    "promised_orders",
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("market"),
    instant_column("placed_at"),
    instant_column("promised_by"),
    Column("to_be_sent", Boolean, nullable=False),  # paid, and neither cancelled nor expired
    count_column("units"),  # neither cancelled nor refunded before dispatch
    count_column("packed"),
    indexes=[("promised_by",)],
)
PARCELS = kept_table(
    "promised_parcels",
    text_column("merchant", key=True),
    text_column("order_id", key=True),
    text_column("parcel_id", key=True),
    count_column("units"),
    instant_column("dispatched_at"),
    instant_column("received_at"),  # at the receipt, or at a later step that implies it
    instant_column("rejected_at"),  # the last rejection at the warehouse
    instant_column("accepted_at"),
    Column("rejected", Boolean, nullable=False),  # true if it was not accepted since
    instant_column("gone_at"),  # lost, destroyed or on its way back: nobody waits for it any more
    instant_column("found_at"),
)
PROMISES = kept_table(
    "promises",
    Column("version", Integer, primary_key=True, autoincrement=False),
    instant_column("effective_from"),
    text_column("content"),
)
_REACHED = (MILESTONES["received_at_warehouse"].rank, MILESTONES["available_for_pickup"].rank)
_SIGNED = MILESTONES["deemed_signed"].rank
_IMPLYING = tuple(
    milestone.event
    for milestone in MILESTONES.values()
    if issubclass(milestone.event, ParcelFact)
    and (
        _REACHED[0] <= milestone.rank <= _REACHED[1]
        or milestone.rank >= _SIGNED
        or milestone.word in ("export_rejected", "import_refused", "returned_to_warehouse")
    )
)
_GONE = (ParcelLost, ParcelDestroyed, ParcelReturningToSender, ParcelReturnedToSender)


class OverdueToWarehouse(Projection):
    """Keeps the promises and the facts about them. Lateness is decided at read."""

    name = "overdue_to_warehouse"
    version = 4
    tables = (ORDERS, PARCELS, PROMISES)
    events = (
        OrderPlaced,
        OrderConfirmed,
        OrderCancelled,
        OrderExpired,
        OrderLineCancelled,
        RefundApproved,
        RefundAutoApproved,
        ParcelCreated,
        ParcelDispatched,
        ParcelsConsolidated,
        ParcelSplit,
        ParcelRejectedAtWarehouse,
        *_GONE,
        ParcelFound,
        *_IMPLYING,
        PolicyPublished,
    )

    def fold(self, batch: Batch) -> None:
        reported = [(recorded, recorded.event) for recorded in batch.events]
        batch.rows(ORDERS).load(belongs_to(recorded.stream) for recorded, _ in reported)
        batch.rows(PARCELS).load(
            (*belongs_to(rec.stream), parcel) for rec, event in reported for parcel in _parcels_of(event)
        )
        for recorded, event in reported:
            if isinstance(event, PolicyPublished):
                _publish(batch, recorded, event)
            else:
                _Fold(batch, recorded).take(event)


def _parcels_of(event: Event) -> tuple[str, ...]:
    match event:
        case ParcelsConsolidated() | ParcelSplit():
            return event.from_parcels
        case ParcelCreated() | ParcelDispatched() | ParcelFact():
            return (event.parcel_id,)
    return ()


def _publish(batch: Batch, recorded: Recorded, event: PolicyPublished) -> None:
    if event.key == Promise.key:
        row = {"version": event.version, "effective_from": event.effective_from, "content": canonical(event.content)}
        batch.rows(PROMISES).put(row, at=recorded.position)


class _Fold:
    """Applies one event of an order to the rows."""

    def __init__(self, batch: Batch, recorded: Recorded) -> None:
        self._batch, self._at = batch, recorded.position
        self._key = belongs_to(recorded.stream)

    def take(self, event: Event) -> None:
        match event:
            case OrderPlaced():
                promise = {"promised_by": event.promised_warehouse_by, "placed_at": event.placed_at}
                units = self._order()["units"] + sum(line.qty for line in event.lines)
                self._put_order(market=event.market, units=units, **promise)
            case OrderConfirmed():
                self._put_order(to_be_sent=True)
            case OrderCancelled() | OrderExpired():
                self._put_order(to_be_sent=False)
            # paid units are refunded, and counted by the refund
            case OrderLineCancelled() if not self._order()["to_be_sent"]:
                self._put_order(units=self._order()["units"] - event.qty)
            case RefundApproved() | RefundAutoApproved():
                before = sum(line.qty for line in event.lines if line.parcel_id is None)
                self._put_order(units=self._order()["units"] - before)
            case _:
                self._take_parcel(event)

    def _take_parcel(self, event: Event) -> None:
        match event:
            case ParcelCreated():
                units = sum(item.qty for item in event.items)
                self._put_parcel(event.parcel_id, units=units)
                if not self._parcel(event.parcel_id)["rejected"]:
                    self._put_order(packed=self._order()["packed"] + units)
            case ParcelDispatched():
                self._first(event.parcel_id, "dispatched_at", event.counts_from(event.dispatched_at))
            case ParcelsConsolidated() | ParcelSplit():
                for parcel_id in event.from_parcels:
                    self._first(parcel_id, "received_at", event.counts_from(event.happened_at))
            case ParcelRejectedAtWarehouse():
                self._at_the_door(event.parcel_id, "rejected_at", event.happened_at)
            case ParcelLost() | ParcelDestroyed() | ParcelReturningToSender() | ParcelReturnedToSender():
                self._last(event.parcel_id, "gone_at", event.happened_at)
            case ParcelFound():
                self._last(event.parcel_id, "found_at", event.happened_at)
            case ParcelFact():
                self._first(event.parcel_id, "received_at", event.counts_from(event.happened_at))
                if isinstance(event, ParcelReceivedAtWarehouse):
                    self._at_the_door(event.parcel_id, "accepted_at", event.happened_at)

    def _at_the_door(self, parcel_id: str, column: str, at: datetime) -> None:
        """Updates a rejection. The merchant must send rejected goods again, unless they were accepted after all."""
        self._last(parcel_id, column, at)
        row = self._parcel(parcel_id)
        rejected_at, accepted_at = row["rejected_at"], row["accepted_at"]
        rejected = rejected_at is not None and (accepted_at is None or accepted_at <= rejected_at)
        if rejected != row["rejected"]:
            self._put_parcel(parcel_id, rejected=rejected)
            self._put_order(packed=self._order()["packed"] + (-row["units"] if rejected else row["units"]))

    def _first(self, parcel_id: str, column: str, at: datetime) -> None:
        known = self._parcel(parcel_id)[column]
        self._put_parcel(parcel_id, **{column: min(known, at) if known else at})

    def _last(self, parcel_id: str, column: str, at: datetime) -> None:
        known = self._parcel(parcel_id)[column]
        self._put_parcel(parcel_id, **{column: max(known, at) if known else at})

    def _order(self) -> Row:
        blank = {
            "merchant": self._key[0], "order_id": self._key[1], "market": "", "placed_at": None, "promised_by": None,
            "to_be_sent": False, "units": 0, "packed": 0,
        }  # fmt: skip
        return self._batch.rows(ORDERS).get(*self._key) or blank

    def _put_order(self, **changes: Any) -> None:
        self._batch.rows(ORDERS).put(self._order() | changes, at=self._at)

    def _parcel(self, parcel_id: str) -> Row:
        blank = {
            "merchant": self._key[0], "order_id": self._key[1], "parcel_id": parcel_id, "units": 0,
            "dispatched_at": None, "received_at": None, "rejected_at": None, "accepted_at": None, "rejected": False,
            "gone_at": None, "found_at": None,
        }  # fmt: skip
        return self._batch.rows(PARCELS).get(*self._key, parcel_id) or blank

    def _put_parcel(self, parcel_id: str, **changes: Any) -> None:
        self._batch.rows(PARCELS).put(self._parcel(parcel_id) | changes, at=self._at)
