"""Matches unmatched lines of settlement reports once the capture, refund or dispute that they settle is reported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import partial

from commands.bus.outcome import Outcome
from ledger.accounting_days import accounting_day
from ledger.ids import PLATFORM_BOOK, UNMATCHED
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.streams.loader import load_each
from ledger.streams.reference_data import UnmatchedItem
from projections.worklists.exceptions import exceptions
from service.adapters.psp.batch_commands import BatchCommands, BatchContext
from service.adapters.psp.known_lines import KnownLines, Part
from service.adapters.psp.noted_lines import KIND, NotedLine, noted_line
from service.loops.timer import Timer

_MOST = 5_000  # only the oldest ones, in one pass


class WaitingLines(Timer):
    """Does the same as `redledger import psp --match`, with the same ids, for every line of known references."""

    name = "waiting_lines"
    every = timedelta(seconds=10)

    def look(self) -> int:
        by_psp: defaultdict[str, dict[str, list[NotedLine]]] = defaultdict(dict)
        for stream, lines in self._waiting():
            by_psp[stream.split("/")[1]][stream] = lines
        return sum(self._matched(psp, waiting) for psp, waiting in by_psp.items())

    def _waiting(self) -> Iterator[tuple[str, list[NotedLine]]]:
        rows = exceptions(self.app.views, kind=UNMATCHED, limit=_MOST)
        streams = dict.fromkeys((row.stream for row in rows if row.actual == KIND), PLATFORM_BOOK)
        for stream, item in load_each(self.app.ledger.reader, streams, UnmatchedItem).items():
            if lines := [line for note in item.noted if (line := noted_line(note))]:
                yield stream, lines

    def _matched(self, psp: str, waiting: dict[str, list[NotedLine]]) -> int:
        noted = [(stream, line) for stream, lines in waiting.items() for line in lines]
        known, now = KnownLines.of(self.app, psp, [each.line for _, each in noted]), self.app.clock()
        done = 0
        for stream, each in noted if known.is_whole else ():
            parts = known.parts(each.line)
            if parts and not known.is_still_growing(each.line, today=accounting_day(now)):
                outcome = self.loop.alone(
                    PLATFORM_BOOK, stream, partial(self._take, BatchContext(each, psp, known, now), each, parts)
                )
                done += outcome is not None and outcome.status == "recorded" and not outcome.repeated
        return done

    def _take(self, reported: BatchContext, noted: NotedLine, parts: Sequence[Part]) -> Outcome:
        """Reports each order's part, then marks the line as matched. After a fault the line stays unmatched."""
        commands = BatchCommands(reported, noted.batch, noted.payout_currency)
        for command in commands.out_of_the_unmatched_items(noted.line, parts):
            (outcome,) = self.app.bus.submit([command])
            if not outcome.is_accepted and outcome.code != IdempotencyKeyReused.code:
                break
        return outcome
