"""Finishes plans to match unmatched money that were interrupted."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from ledger.ids import PLATFORM_BOOK
from projections.worklists.due_dates import DueDate, due_dates
from service.app import App
from service.loops.timer import Timer
from service.unmatched.payment_matches import PaymentMatcher

_PAGE = 100
_OWN_TIME = timedelta(minutes=1)  # time for the planner's own process to finish


class MatchPlans(Timer):
    """If an order does not take its part, the plan ends, and the rest of the money stays unmatched for people."""

    name = "match_plans"
    every = timedelta(minutes=1)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._routing = PaymentMatcher(app.ledger, app.bus)

    def look(self) -> int:
        """Tries the oldest hundred plans. Returns the number that was carried out."""
        by = self.app.clock() - _OWN_TIME
        plans = due_dates(self.app.views, "match_plan", PLATFORM_BOOK, by=by, limit=_PAGE)
        done = [self.loop.alone(PLATFORM_BOOK, plan.stream, partial(self._carry_out, plan)) for plan in plans]
        return sum(outcome is not None and outcome.is_accepted and not outcome.repeated for outcome in done)

    def _carry_out(self, plan: DueDate) -> Outcome | None:
        return self._routing.carry_out(plan.facts["psp"], plan.facts["capture_ref"])
