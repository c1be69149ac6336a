"""Parking: two people set aside an event's effect on one view, or one item of a loop, until it can be handled."""

from __future__ import annotations

from datetime import datetime

from ledger.events.event import Event
from ledger.ids import Id


class _Effect(Event):
    """Names an event by its book and position, and the view."""

    view: Id
    book: int
    position: int
    reason: Id
    proposer: Id
    approver: Id


class EffectParked(_Effect, name="view_effect.parked", version=1):
    """The view leaves this event out, in this book, and says that it is incomplete."""

    parked_at: datetime


class EffectUnparked(_Effect, name="view_effect.unparked", version=1):
    """The view folds this event again, and the book is folded anew from its first event."""

    unparked_at: datetime


class _Item(Event):
    """Names an item by its loop and its own name there."""

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
    """The loop takes this item up again."""

    unparked_at: datetime
