"""Starts the settlement runs of the policy `automation`, and begins one again that was cut off."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from threading import Event

from service.app import App
from service.failures import ServiceFailure
from service.finance.settlement_run import RunSummary, settle
from service.loops.loop import PLATFORM_BOOK
from service.loops.timer import Timer


class RunIncomplete(ServiceFailure):
    """Some merchants of a run failed: it is begun again."""


class _Stopped(Exception):
    """The service ends: what is left of the run is done by the next one."""


class Settlement(Timer):
    """A run is named after its instant, so that two machines do the same one, and both come to the same."""

    name = "settlement"
    every = timedelta(seconds=30)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._completed = ""  # the last run that this process has seen complete

    def look(self) -> int:
        slot = self._due(self.app.clock())
        if slot is None or run_id_of(slot) == self._completed:
            return 0
        run_id = run_id_of(slot)
        done = self.loop.alone(PLATFORM_BOOK, f"run/{run_id}", partial(self._run, run_id))
        return done.payouts + done.statements if done else 0

    def _due(self, now: datetime) -> datetime | None:
        """The newest run that the policy of its own instant asks for: a schedule says nothing of the time before it."""
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
    """The name of the run of an instant, in the zone of accounting."""
    return f"scheduled-{slot:%Y-%m-%dT%H%M}"
