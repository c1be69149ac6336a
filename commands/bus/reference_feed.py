"""Policies and rates of book 0 as every decision reads them: folded once, refreshed when they are old."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from ledger.policies.reference import Reference

_BATCH = 2_000
_REFERENCE_EVENTS = frozenset({"policy.published", "fee_schedule.set", "fx.rate_recorded"})


class ReferenceFeed:
    """The newest `Reference`, at most `max_age_s` behind book 0: policies take effect a minute after publication."""

    def __init__(self, ledger: Ledger, *, monotonic: Callable[[], float], max_age_s: float = 0.5) -> None:
        self._ledger, self._monotonic, self._max_age_s = ledger, monotonic, max_age_s
        self._lock = Lock()
        self._reference = Reference()
        self._read_at = float("-inf")

    def current(self) -> Reference:
        """Returns the reference data of book 0, at most `max_age_s` old."""
        if self._monotonic() - self._read_at > self._max_age_s:
            self.refresh()
        return self._reference

    def refresh(self) -> None:
        """Read on from the last position. Readers go on with the old reference until the new one is whole."""
        with self._lock:
            started = self._monotonic()
            reference = self._reference
            while rows := self._ledger.reader.read(0, reference.position, _BATCH):
                if reference is self._reference:
                    reference = reference.copy()
                _take(reference, rows)
            self._reference, self._read_at = reference, started


def reference_at(ledger: Ledger, position: int) -> Reference:
    """Returns the reference data of book 0 as of a position."""
    reference = Reference()
    while reference.position < position:
        _take(reference, ledger.reader.read(0, reference.position, min(_BATCH, position - reference.position)))
    return reference


def _take(reference: Reference, rows: Sequence[Recorded]) -> None:
    for row in rows:
        if row.type not in _REFERENCE_EVENTS:
            continue
        if (event := row.readable_event) is not None:
            reference.apply(event, row.position)
        else:
            reference.pass_over(row.stream, row.position)
    reference.position = rows[-1].position
