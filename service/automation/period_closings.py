"""Finishes interrupted closings and reopenings of months that two people have approved."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from ledger.ids import PLATFORM_BOOK, periods_stream
from service.failures import accepted
from service.finance.period_close import PeriodClose
from service.loops.timer import Timer


class Closings(Timer):
    """The second approver's command normally closes the month at once; this timer finishes closings that were
    interrupted.
    """

    name = "closings"
    every = timedelta(seconds=30)

    def look(self) -> int:
        closing = PeriodClose(self.app.ledger, self.app.bus)
        if not closing.unfinished:
            return 0
        return self.loop.alone(PLATFORM_BOOK, periods_stream(), partial(_finish, closing)) or 0


def _finish(closing: PeriodClose) -> int:
    """Returns 1 if this call closed the month, else 0. Raises `ServiceFailure` if a book refuses it."""
    outcome = closing.finish()
    return int(outcome is not None and accepted(outcome).status == "recorded" and not outcome.repeated)
