"""Matches unmatched facts whose order is now known. Providers report in any order, for example a dispute before its
capture.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from threading import Event

from commands.bus.outcome import Outcome
from ledger.ids import PLATFORM_BOOK, UNMATCHED, command_id
from projections.reconciliation.psp_references import orders_of
from projections.worklists.exceptions import ExceptionRow, exceptions
from service.app import App
from service.loops.timer import TIMER, Timer
from service.unmatched.fact_matches import FactMatcher

_MOST = 1_000  # only the oldest ones, in one pass
_REPORTED_BY_A_PROVIDER = "psp_"


class WaitingFacts(Timer):
    """Matches a fact only if all its known references belong to one order. People match the others."""

    name = "unmatched_facts"
    every = timedelta(seconds=10)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._facts = FactMatcher(app.ledger, app.bus)

    def look(self) -> int:
        waiting = exceptions(self.app.views, kind=UNMATCHED, limit=_MOST)
        reported = [row for row in waiting if row.actual.startswith(_REPORTED_BY_A_PROVIDER)]
        outcomes = [
            self.loop.alone(PLATFORM_BOOK, row.stream, partial(self._match, row, order))
            for row, order in self._known(reported)
        ]
        return sum(done is not None and done.status == "recorded" and not done.repeated for done in outcomes)

    def _match(self, row: ExceptionRow, order: tuple[str, str]) -> Outcome:
        _, system, reference = row.stream.split("/")
        id = command_id("match", row.stream, row.opened_at.isoformat())
        return self._facts.match(system, reference, merchant_id=order[0], order_id=order[1], actor=TIMER, id=id)

    def _known(self, rows: Iterable[ExceptionRow]) -> Iterator[tuple[ExceptionRow, tuple[str, str]]]:
        by_psp: defaultdict[str, list[ExceptionRow]] = defaultdict(list)
        for row in rows:
            by_psp[row.stream.split("/")[1]].append(row)
        for psp, reported in by_psp.items():
            names = sorted({name for row in reported for name in _names(row)})
            orders: defaultdict[str, set[tuple[str, str]]] = defaultdict(set)
            known_now = orders_of(self.app.views, psp, names)
            if known_now.held.short_in():  # a view has stopped: a reference may belong to further orders
                continue
            for found in known_now.references:
                orders[found.reference].add((found.merchant, found.order_id))
            for row in reported:
                known = [orders[name] for name in _names(row) if name in orders]
                common = set[tuple[str, str]].intersection(*known) if known else set()
                if len(common) == 1:
                    yield row, common.pop()


def _names(row: ExceptionRow) -> list[str]:
    return [name for name in row.refs.get("named", "").split(",") if name]
