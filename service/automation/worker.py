"""Runs all timers in two threads, each at its own interval. Long timers have a thread of their own, so that they delay
no others.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from threading import Event, Lock, Thread
from time import monotonic

from ledger.log.database_errors import trouble_of
from service.app import App
from service.automation.captures import Captures
from service.automation.deemed_signatures import DeemedSignatures
from service.automation.demonstration_rates import DemonstrationRates
from service.automation.expired_returns import ExpiredReturns
from service.automation.lapsed_authorisations import LapsedAuthorizations
from service.automation.match_plans import MatchPlans
from service.automation.missing_lines import MissingLines
from service.automation.month_end import MonthEnd
from service.automation.overdue_answers import Stuck
from service.automation.period_closings import Closings
from service.automation.refunds import Refunds
from service.automation.returned_payouts import ReturnedPayouts
from service.automation.settlement import Settlement
from service.automation.unallocated_captures import UnallocatedCaptures
from service.automation.unmatched_facts import WaitingFacts
from service.automation.unmatched_scans import UnmatchedScans
from service.automation.unpaid_orders import UnpaidOrders
from service.automation.untied_declarations import UntiedDeclarations
from service.automation.waiting_lines import WaitingLines
from service.finance.releases import Releases
from service.loops.timer import Timer
from service.partners.partners import partners_of
from service.partners.sender import Sending

TIMERS: tuple[type[Timer], ...] = (
    Releases,
    ReturnedPayouts,
    UnallocatedCaptures,
    LapsedAuthorizations,
    UnpaidOrders,
    ExpiredReturns,
    DeemedSignatures,
    UntiedDeclarations,
    MatchPlans,
    UnmatchedScans,
    WaitingFacts,
    WaitingLines,
    MissingLines,
    Captures,
    Refunds,
    Settlement,
    Closings,
    MonthEnd,
    Stuck,
    DemonstrationRates,
)
_LONG: tuple[type[Timer], ...] = (Settlement, Closings, MonthEnd)  # these go through all merchants or all books
_LOOK_EVERY_S = 1.0

_logger = logging.getLogger(__name__)


class TimerWorker:
    """Runs the timers. A failure of one does not stop the others; the policy `automation` switches timers off."""

    def __init__(self, app: App) -> None:
        self._stop, self._observer = Event(), app.ledger.observer
        self._timers: list[Timer] = [timer(app, self._stop) for timer in TIMERS]
        if partners := partners_of(app.settings):
            self._timers.append(Sending(app, partners, self._stop))
        self._noted: dict[Timer, str] = {}  # why a timer waits; both threads write it
        self._noting = Lock()
        long = [timer for timer in self._timers if isinstance(timer, _LONG)]
        quick = [timer for timer in self._timers if timer not in long]
        self._threads = [
            Thread(target=self._run, args=(timers,), name=name, daemon=True)
            for name, timers in (("timers", quick), ("long timers", long))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stops the threads. A timer ends after its current page."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def sweep(self) -> int:
        """Runs every timer once. Returns the number of commands recorded."""
        return sum(timer.sweep() for timer in self._timers if not timer.is_off)

    def _run(self, timers: Sequence[Timer]) -> None:
        next_at = dict.fromkeys(timers, 0.0)
        while not self._stop.is_set():
            for timer in timers:
                if monotonic() >= next_at[timer]:
                    self._look(timer)
                    next_at[timer] = monotonic() + timer.every.total_seconds()
            self._stop.wait(_LOOK_EVERY_S)

    def _look(self, timer: Timer) -> None:
        started, recorded, failed = monotonic(), 0, True
        try:
            recorded = 0 if timer.is_off else timer.sweep()
            failed = False
        except Exception as error:  # the database is down or a view is behind; failing items are set aside before
            trouble = trouble_of(error)
            reason = trouble.kind.code if trouble else f"{type(error).__name__}: {error}"
            with self._noting:  # logged once, not at every run, for every timer or by both threads
                new = reason not in self._noted.values()
                self._noted[timer] = reason
            if new:
                _logger.warning("the timer %s waits: %s: %s", type(timer).__name__, type(error).__name__, error)
        else:
            with self._noting:
                self._noted.pop(timer, None)
        finally:
            self._observer.swept(timer.name, recorded=recorded, failed=failed, seconds=monotonic() - started)
