"""Carries out what was planned for money of the inbox and then cut off."""

from __future__ import annotations

from datetime import timedelta
from threading import Event

from projections.due_dates import due_dates
from service.app import App
from service.inbox_routing import InboxRouting
from service.timers.timer import Timer

_PLATFORM_BOOK = 0
_PAGE = 100
_OWN_TIME = timedelta(minutes=1)  # for whoever planned it to carry it out


class InboxPlans(Timer):
    """Where not every order takes its part, the plan is over: what is left stays an exception, for people to route."""

    every = timedelta(minutes=1)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._routing = InboxRouting(app.ledger, app.bus)

    def sweep(self) -> int:
        """How many plans were carried out: the oldest hundred are looked at."""
        by = self.app.clock() - _OWN_TIME
        plans = [plan.facts for plan in due_dates(self.app.views, "inbox_plan", _PLATFORM_BOOK, by=by, limit=_PAGE)]
        done = (self._routing.carry_out(plan["psp"], plan["capture_ref"]) for plan in plans if not self.stop.is_set())
        return sum(outcome is not None and outcome.is_accepted and not outcome.repeated for outcome in done)
