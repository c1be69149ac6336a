"""Finishes closings and reopenings of months that two people have approved, and that were cut off."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from ledger.ids import periods_stream
from service.failures import accepted
from service.finance.period_close import PeriodClose
from service.loops.loop import PLATFORM_BOOK
from service.loops.timer import Timer


class Closings(Timer):
    """Whoever approves does the rest at once; this is for what did not come to its end."""

    name = "closings"
    every = timedelta(seconds=30)

    def look(self) -> int:
        closing = PeriodClose(self.app.ledger, self.app.bus)
        if not closing.unfinished:
            return 0
        return self.loop.alone(PLATFORM_BOOK, periods_stream(), partial(_finish, closing)) or 0


def _finish(closing: PeriodClose) -> int:
    """One if the month was closed by this. Raises `ServiceFailure` where a book does not let it."""
    outcome = closing.finish()
    return int(outcome is not None and accepted(outcome).status == "recorded" and not outcome.repeated)
