"""The state of a relay in its log: one line when it has to wait, with the reason, and one when it goes on."""

from __future__ import annotations

import logging
from time import monotonic

from service.relay.failures import BrokerUnavailable

_logger = logging.getLogger(__name__)


class Status:
    """The parts of the relay that are held up, with the reason. `patience_s` without progress end it."""

    def __init__(self, patience_s: float | None) -> None:
        self._patience_s = patience_s
        self._progressed_at = monotonic()
        self._held_up: dict[str, str] = {}  # part → reason

    def held_up(self, part: str, reason: str) -> None:
        """Notes a reason. Raises `BrokerUnavailable` when patience is at an end."""
        if reason not in self._held_up.values():
            _logger.warning("The relay waits: %s. It tries again.", reason)
        self._held_up[part] = reason
        if self._patience_s is not None and monotonic() - self._progressed_at > self._patience_s:
            raise BrokerUnavailable(f"Nothing could be relayed for {self._patience_s:g} s: {reason}. Try again.")

    def progressed(self, part: str) -> None:
        """Notes that the part goes on."""
        self._progressed_at = monotonic()
        if self._held_up.pop(part, None) is not None and not self._held_up:
            _logger.warning("The relay goes on.")
