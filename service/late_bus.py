"""A bus that is built at its first use, because importing all commands takes longer than most reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from commands.bus.bus import Bus
    from ledger.ledger import Ledger


class LateBus:
    """Stands in for the bus of an open ledger. Threads may share it."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger, self._clock = ledger, clock
        self._lock, self._made = Lock(), list[Any]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus(), name)

    def close(self) -> None:
        """Closes the bus if it was built."""
        for bus in self._made:
            bus.close()

    def _bus(self) -> Bus:
        from commands.bus.bus import Bus
        from commands.menu import MENU

        with self._lock:
            if not self._made:
                self._made.append(Bus(self._ledger, MENU, clock=self._clock, observer=self._ledger.observer))
        bus: Bus = self._made[0]
        return bus
