"""Closing and reopening of accounting periods: a marker in every book, and a hash over the balances at their
positions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from itertools import count

from commands.accounting.close_book_period import CloseBookPeriod
from commands.accounting.close_period import ClosePeriod
from commands.accounting.complete_period_close import CompletePeriodClose
from commands.accounting.reopen_book_period import ReopenBookPeriod
from commands.accounting.reopen_period import ReopenPeriod
from commands.bus.bus import Bus
from commands.bus.outcome import Outcome
from commands.command import Command
from ledger.actors import Actor
from ledger.calendar_months import last_day
from ledger.ids import periods_stream
from ledger.ledger import Ledger
from ledger.log.rows import Recorded
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.streams.loader import load_stream
from ledger.streams.periods import Periods
from ledger.trial_balance import Balances, balances_of, trial_balance_hash
from service.finance.proposals import approve, propose

_CLOSER = Actor(kind="system", id="period-close", role="finance")
_BATCH = 5_000

BalancesAt = Callable[[Mapping[int, int], date], Balances]


class PeriodClose:
    """Closes and reopens periods by a proposal and the approval of another person. The steps after the approval may
    be cut off and repeated: the ids of the markers are made of the period and the number of its closings.

    `balances` returns the trial balance of a day at given positions; by default it reads the log.
    """

    def __init__(self, ledger: Ledger, bus: Bus, *, balances: BalancesAt | None = None) -> None:
        self._ledger, self._bus = ledger, bus
        self._balances = balances or self._from_the_log

    def propose_close(self, period: str, *, by: Actor, reason: str = "month_end", proposal_id: str = "") -> Outcome:
        """Proposes to close the period. The id of the outcome is the id of the proposal."""
        data = {"period": period}
        return propose(self._bus, ClosePeriod.name, data, reason=reason, by=by, proposal_id=proposal_id)

    def propose_reopen(self, period: str, *, by: Actor, reason: str, proposal_id: str = "") -> Outcome:
        """Proposes to reopen the last closed period. The id of the outcome is the id of the proposal."""
        data = {"period": period}
        return propose(self._bus, ReopenPeriod.name, data, reason=reason, by=by, proposal_id=proposal_id)

    def approve(self, proposal_id: str, *, by: Actor, id: str = "") -> Outcome:
        """Approves a closing or a reopening, and does its steps. Returns the outcome of the last step."""
        outcome = approve(self._bus, proposal_id, stream=periods_stream(), by=by, id=id)
        return (self.finish() or outcome) if outcome.status == "recorded" else outcome

    @property
    def unfinished(self) -> bool:
        """True if an approved closing or reopening is not finished."""
        periods = self._ledger_periods()
        if periods.closing or not periods.reopened:
            return periods.closing is not None
        return any(day != periods.first_open_day for day in self._ledger.reader.first_open_days().values())

    def finish(self) -> Outcome | None:
        """Finishes an approved closing or reopening: closes the books and then the period, or reopens the books.

        May be cut off and called again, also by two processes at once. Returns the outcome of a closing, None if
        there is none.
        """
        periods = self._ledger_periods()
        if periods.closing:
            return self._close(periods.closing.period)
        self._reopen_books(periods, sorted(self._ledger.reader.heads()))
        return None

    def _close(self, period: str) -> Outcome:
        """Closes the books, then the period. Returns the first refusal of a book, else the outcome for the ledger."""
        periods = self._ledger_periods()
        positions: dict[int, int] = {}
        while new := self._ledger.reader.heads().keys() - positions.keys():  # a book may be opened meanwhile
            self._reopen_books(periods, sorted(new))
            markers = self._ask([_marker(period, periods.changes, book) for book in sorted(new)])
            if unmarked := next((marker for marker in markers if not marker.is_accepted), None):
                return unmarked
            positions |= {marker.book: marker.last for marker in markers}
        closing = CompletePeriodClose(
            id=f"close-{period}-{periods.changes}",
            actor=_CLOSER,
            period=period,
            positions=positions,
            trial_balance_hash=self.hash_of(period, positions),
        )
        return self._ask([closing])[0]

    def hash_of(self, period: str, positions: Mapping[int, int]) -> str:
        """Returns the hash that a closing stores. A replay of the log computes the same one."""
        upto = last_day(period)
        return trial_balance_hash(self._balances(positions, upto), upto=upto, positions=positions)

    def _reopen_books(self, periods: Periods, books: Sequence[int]) -> None:
        """Moves the books to the state of a reopened ledger. A book that is there already repeats its answer.

        A book that was added after the closing has no marker of it, and gets that first.
        """
        if not (period := periods.reopened):
            return
        commands: list[Command] = []
        for book in books:
            id_ = f"reopen-{period}-{periods.changes}-book{book}"
            commands.append(_marker(period, periods.changes - 2, book))
            commands.append(ReopenBookPeriod(id=id_, actor=_CLOSER, book=book, period=period))
        self._ask(commands)

    def _ask(self, commands: Sequence[Command]) -> list[Outcome]:
        """Submits the commands and returns their outcomes.

        A refusal of an earlier call is submitted again under a new id: the month may be over by now.
        """
        outcomes = self._bus.submit(commands)
        for again in count(1):
            old = [n for n, outcome in enumerate(outcomes) if _is_of_another_call(outcome)]
            if not old:
                break
            asked = [commands[n].model_copy(update={"id": f"{commands[n].id}-{again}"}) for n in old]
            for n, outcome in zip(old, self._bus.submit(asked), strict=True):
                outcomes[n] = outcome
        return outcomes

    def _ledger_periods(self) -> Periods:
        return load_stream(self._ledger.reader, 0, periods_stream(), Periods)

    def _from_the_log(self, positions: Mapping[int, int], upto: date) -> Balances:
        return balances_of(self._rows(positions), upto=upto)

    def _rows(self, positions: Mapping[int, int]) -> Iterator[Recorded]:
        for book, last in positions.items():
            position = 0
            while position < last:
                rows = self._ledger.reader.read(book, position, min(_BATCH, last - position))
                yield from rows
                position = rows[-1].position


def _marker(period: str, round_: int, book: int) -> CloseBookPeriod:
    """Returns the command. `round_` is the number of earlier closings and reopenings of the ledger."""
    return CloseBookPeriod(id=f"close-{period}-{round_}-book{book}", actor=_CLOSER, book=book, period=period)


def _is_of_another_call(outcome: Outcome) -> bool:
    return outcome.status == "refused" and (outcome.repeated or outcome.code == IdempotencyKeyReused.code)
