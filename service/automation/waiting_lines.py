"""Matches unmatched lines of settlement reports once the capture, refund or dispute that they settle is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from commands.bus.outcome import Outcome
from ledger.accounting_days import accounting_day
from ledger.ids import PLATFORM_BOOK
from ledger.refusals.catalogue import IdempotencyKeyReused
from ledger.streams.reference_data import UnmatchedItem
from service.automation.waiting_items import NotWhole, WaitingItems
from service.partner_reports.known_lines import KnownLines, Part
from service.partner_reports.noted_lines import NotedLine, noted_line
from service.partner_reports.settlement_batches import BatchCommands
from service.unmatched.line_matches import commands_for


class WaitingLines(WaitingItems):
    """Does the same as `redledger import psp --match`, with the same ids, for every line of known references."""

    name = "waiting_lines"
    what = "line"

    def match(self, psp: str, items: Mapping[str, UnmatchedItem]) -> int:
        noted = [(stream, line) for stream, item in items.items() for note in item.noted if (line := noted_line(note))]
        known, today = KnownLines.of(self.app, psp, [each.line for _, each in noted]), accounting_day(self.app.clock())
        if not known.is_whole:
            raise NotWhole
        done = 0
        for stream, each in noted:
            parts = known.parts(each.line)
            if parts and not known.is_still_growing(each.line, today=today):
                commands = commands_for(self.app, psp, each, known)
                outcome = self.loop.alone(PLATFORM_BOOK, stream, partial(self._take, commands, each, parts))
                done += outcome is not None and outcome.status == "recorded" and not outcome.repeated
        return done

    def _take(self, commands: BatchCommands, noted: NotedLine, parts: Sequence[Part]) -> Outcome:
        """Reports each order's part, then marks the line as matched. After a fault the line stays unmatched."""
        for command in commands.out_of_the_unmatched_items(noted.line, parts):
            (outcome,) = self.app.bus.submit([command])
            if not outcome.is_accepted and outcome.code != IdempotencyKeyReused.code:
                break
        return outcome
