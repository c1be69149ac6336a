"""Makes what providers and banks should have shown by now, and have not, a break for people to work."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from commands.recording import accounting_day
from projections.expected_at_bank import shown_currencies
from projections.unsettled import settling_providers
from service.reconciliation import GRACE_DAYS, MissingLine, flagged_lines, missing_lines
from service.timers.timer import TIMER, Timer

_PAGE = 500


class MissingLines(Timer):
    """Only of providers that report settlements at all, and of the bank in currencies whose statements come in."""

    every = timedelta(minutes=5)

    def sweep(self) -> int:
        lines, flagged = self._due(), flagged_lines(self.app)
        fresh = (line.flag(TIMER) for line in lines if (line.stream, line.break_id) not in flagged)
        recorded = 0
        while not self.stop.is_set() and (page := list(islice(fresh, _PAGE))):
            recorded += self.ask(page)
        return recorded

    def _due(self) -> Iterator[MissingLine]:
        before = accounting_day(self.app.clock()) - timedelta(days=GRACE_DAYS)
        providers, currencies = settling_providers(self.app.views), shown_currencies(self.app.views)
        for line in missing_lines(self.app, before=before):
            is_of_psp = line.kind == "psp_line_missing"
            if line.refs["psp"] in providers if is_of_psp else line.amount.currency in currencies:
                yield line
