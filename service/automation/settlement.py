"""Starts the settlement runs that the policy `automation` schedules, and resumes interrupted ones."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from threading import Event

from ledger.ids import PLATFORM_BOOK
from service.app import App
from service.failures import ServiceFailure
from service.finance.settlement_run import RunSummary, settle
from service.loops.timer import Timer


class RunIncomplete(ServiceFailure):
    """Some merchants of the run failed. The timer starts the run again."""


class _Stopped(Exception):
    """The service is stopping. The next process finishes the run."""


class Settlement(Timer):
    """Names each run after its scheduled instant, so that two machines do the same run with the same result."""

    name = "settlement"
    every = timedelta(seconds=30)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._completed = ""  # the last run that this process has completed

    def look(self) -> int:
        slot = self._due(self.app.clock())
        if slot is None or run_id_of(slot) == self._completed:
            return 0
        run_id = run_id_of(slot)
        done = self.loop.alone(PLATFORM_BOOK, f"run/{run_id}", partial(self._run, run_id))
        return done.payouts + done.statements if done else 0

    def _due(self, now: datetime) -> datetime | None:
        """Returns the newest instant at which a run is due, by the policy in force at that instant. A new schedule is
        not applied to earlier times.
        """
        policy = self.automation(now)
        slot = policy.settlement_due(now) if policy else None
        then = self.automation(slot) if slot else None
        return slot if then and then.settlement_due(slot or now) == slot else None

    def _run(self, run_id: str) -> RunSummary | None:
        try:
            summary = settle(self.app, run_id, progress=self._progress)
        except _Stopped:
            return None
        if summary.failed:
            failed = ", ".join(sorted(summary.failed))
            raise RunIncomplete(f"The settlement run {run_id} is not complete. These merchants failed: {failed}.")
        self._completed = run_id
        return summary

    def _progress(self, _done: int, _of: int) -> None:
        if self.stop.is_set():
            raise _Stopped


def run_id_of(slot: datetime) -> str:
    """Returns the id of the run at this instant, written in the accounting time zone."""
    return f"scheduled-{slot:%Y-%m-%dT%H%M}"
