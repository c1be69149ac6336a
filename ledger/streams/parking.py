"""The stream of parked effects and items of one book."""

from __future__ import annotations

from functools import singledispatchmethod
from typing import Any

from ledger.events.parking import EffectParked, EffectUnparked, ItemParked, ItemUnparked
from ledger.streams.stream import Stream


class Parking(Stream):
    """The stream `parking/<book>`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.effects: dict[tuple[str, int], EffectParked] = {}  # by view and position
        self.items: dict[tuple[str, str], ItemParked] = {}  # by loop and item

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies one event to the state."""

    @evolve.register
    def _(self, event: EffectParked) -> None:
        self.effects[event.view, event.position] = event

    @evolve.register
    def _(self, event: EffectUnparked) -> None:
        self.effects.pop((event.view, event.position), None)

    @evolve.register
    def _(self, event: ItemParked) -> None:
        self.items[event.loop, event.item] = event

    @evolve.register
    def _(self, event: ItemUnparked) -> None:
        self.items.pop((event.loop, event.item), None)
