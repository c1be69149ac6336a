"""Carries out what was planned for unmatched money and then cut off."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from projections.worklists.due_dates import DueDate, due_dates
from service.app import App
from service.loops.loop import PLATFORM_BOOK
from service.loops.timer import Timer
from service.unmatched.payment_matches import PaymentMatcher

_PAGE = 100
_OWN_TIME = timedelta(minutes=1)  # for whoever planned it to carry it out


class MatchPlans(Timer):
    """Where not every order takes its part, the plan is over: what is left stays an exception, for people to match."""

    name = "match_plans"
    every = timedelta(minutes=1)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._routing = PaymentMatcher(app.ledger, app.bus)

    def look(self) -> int:
        """How many plans were carried out: the oldest hundred are looked at."""
        by = self.app.clock() - _OWN_TIME
        plans = due_dates(self.app.views, "match_plan", PLATFORM_BOOK, by=by, limit=_PAGE)
        done = [self.loop.alone(PLATFORM_BOOK, plan.stream, partial(self._carry_out, plan)) for plan in plans]
        return sum(outcome is not None and outcome.is_accepted and not outcome.repeated for outcome in done)

    def _carry_out(self, plan: DueDate) -> Outcome | None:
        return self._routing.carry_out(plan.facts["psp"], plan.facts["capture_ref"])
