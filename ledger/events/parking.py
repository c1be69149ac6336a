"""Parking: two people leave out an event's effect on one view, or one item of a loop, until it can be handled."""

from __future__ import annotations

from datetime import datetime

from ledger.events.event import Event
from ledger.ids import Id


class _Effect(Event):
    """Fields of an effect: the view, and the book and position of the event. `reason` is a code word."""

    view: Id
    book: int
    position: int
    reason: Id
    proposer: Id
    approver: Id


class EffectParked(_Effect, name="view_effect.parked", version=1):
    """The view leaves this event out and reports that it is incomplete in this book."""

    parked_at: datetime


class EffectUnparked(_Effect, name="view_effect.unparked", version=1):
    """The view takes this event in again. It folds the book again from its first event."""

    unparked_at: datetime


class _Item(Event):
    """Fields of an item: the loop, the book, and the item's name in the loop. `reason` is a code word."""

    loop: Id
    book: int
    item: str
    reason: Id
    proposer: Id
    approver: Id


class ItemParked(_Item, name="loop_item.parked", version=1):
    """The loop leaves this item out and goes on with the others."""

    parked_at: datetime


class ItemUnparked(_Item, name="loop_item.unparked", version=1):
    """The loop handles this item again."""

    unparked_at: datetime
