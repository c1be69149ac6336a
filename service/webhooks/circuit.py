"""The circuit breaker of one endpoint: after failures in a row, one probe at a time until one succeeds."""

from __future__ import annotations

from random import Random

FAILURES = 5  # in a row open the circuit
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 60.0  # between two probes; doubled after each


class Circuit:
    """The state of one endpoint: `closed`, or `open` after failures in a row. Instants are seconds of any steady clock.

    While it is open, an event waits for its turn as a probe. Its own attempts are counted as ever, so that a dead
    endpoint uses up no attempts of the events behind.
    """

    def __init__(self, random: Random) -> None:
        self._random = random
        self._failures = 0
        self._pause_s = _FIRST_PAUSE_S
        self._not_before = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures >= FAILURES

    def room(self, now: float, *, in_flight: int, most: int) -> int:
        """Returns the number of further posts that may begin now, if `most` may be in flight."""
        if now < self._not_before:
            return 0
        return int(in_flight == 0) if self.is_open else max(0, most - in_flight)

    def succeeded(self) -> None:
        """Closes the circuit: the endpoint has accepted an event."""
        self._failures, self._pause_s = 0, _FIRST_PAUSE_S

    def failed(self, now: float, *, asked_s: float = 0.0) -> None:
        """Counts a failure. Nothing is sent for the `asked_s` seconds of the endpoint's `Retry-After`, nor, if the
        circuit is open, before the next probe, whose pause becomes longer."""
        self._failures += 1
        pause_s = asked_s
        if self.is_open:
            pause_s = max(pause_s, self._pause_s * self._random.uniform(0.5, 1.0))
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        self._not_before = max(self._not_before, now + pause_s)
