"""Closing and reopening accounting periods: a marker in every book, then the hash over their vector of positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from commands.bus import Bus
from commands.close_book_period import CloseBookPeriod
from commands.close_period import ClosePeriod
from commands.outcome import Outcome
from commands.reopen_book_period import ReopenBookPeriod
from commands.reopen_period import ReopenPeriod
from ledger.calendar_months import first_day, last_day
from ledger.ids import periods_stream
from ledger.journal.trial_balance import Balances, balances_of, trial_balance_hash
from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from ledger.streams.periods import Periods
from ledger.who import Actor

_CLOSER = Actor(kind="system", id="period-close", role="finance")
_BATCH = 5_000

BalancesAt = Callable[[Mapping[int, int], date], Balances]


class PeriodClose:
    """May be cut off anywhere and asked again: the markers' ids are made of the period and of how often it was closed.

    `balances` reads the trial balance of a day up to a vector of positions; by default from the log itself.
    """

    def __init__(self, ledger: Ledger, bus: Bus, *, balances: BalancesAt | None = None) -> None:
        self._ledger, self._bus = ledger, bus
        self._balances = balances or self._from_the_log

    def close(self, period: str, *, proposer: str, approver: Actor) -> Outcome:
        """Close the period as `approver`; the first refusal, where a book or the ledger does not let it."""
        round_ = self._ledger_periods().changes
        markers = self._bus.submit(
            [
                CloseBookPeriod(id=f"close-{period}-{round_}-book{book}", actor=_CLOSER, book=book, period=period)
                for book in self._ledger.reader.heads()
            ]
        )
        if refused := next((marker for marker in markers if marker.status == "refused"), None):
            return refused
        positions = {marker.book: marker.last for marker in markers}
        closing = ClosePeriod(
            id=f"close-{period}-{round_}",
            actor=approver,
            period=period,
            positions=positions,
            trial_balance_hash=self.hash_of(period, positions),
            proposer=proposer,
        )
        return self._bus.submit([closing])[0]

    def reopen(self, period: str, *, reason: str, proposer: str, approver: Actor) -> Outcome:
        """Reopen the last closed period as `approver`, then its books, and those an earlier call left closed."""
        before = self._ledger_periods()
        command = ReopenPeriod(
            id=f"reopen-{period}-{before.changes}", actor=approver, period=period, reason=reason, proposer=proposer
        )
        outcome = self._bus.submit([command])[0]
        periods = self._ledger_periods()
        if periods.first_open_day == first_day(period):
            self._reopen_books(period, periods.changes)
        return outcome

    def hash_of(self, period: str, positions: Mapping[int, int]) -> str:
        """What a closing stores: replayed, the log comes to the same."""
        upto = last_day(period)
        return trial_balance_hash(self._balances(positions, upto), upto=upto, positions=positions)

    def _reopen_books(self, period: str, round_: int) -> None:
        self._bus.submit(
            [
                ReopenBookPeriod(id=f"reopen-{period}-{round_}-book{book}", actor=_CLOSER, book=book, period=period)
                for book in self._ledger.reader.heads()
            ]
        )

    def _ledger_periods(self) -> Periods:
        periods = Periods(periods_stream())
        for row in self._ledger.reader.read_stream(0, periods.name):
            periods.apply(row.event)
        return periods

    def _from_the_log(self, positions: Mapping[int, int], upto: date) -> Balances:
        return balances_of(self._rows(positions), upto=upto)

    def _rows(self, positions: Mapping[int, int]) -> Iterator[Recorded]:
        for book, last in positions.items():
            position = 0
            while position < last:
                rows = self._ledger.reader.read(book, position, min(_BATCH, last - position))
                yield from rows
                position = rows[-1].position
