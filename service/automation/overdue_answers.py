"""Opens breaks for refunds, payouts, captures, voids and claims that wait too long for a partner."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from commands.reconciliation.flag_stuck import FlagStuck, StuckKind
from ledger.ids import command_id
from projections.reconciliation.instructions import Instruction, instructions
from projections.worklists.refunds_due import Kind, Waiting, waiting
from service.loops.loop import Item
from service.loops.timer import PAGE, TIMER, Timer

_WAITING: dict[Kind, StuckKind] = {"refund": "refund_stuck", "claim": "claim_stuck"}
_ASKED: dict[str, StuckKind] = {
    "payout": "payout_stuck",
    "capture": "capture_stuck",
    "void": "void_stuck",
    "refund": "refund_stuck",
}


class Stuck(Timer):
    """The policy `automation` sets the longest wait."""

    name = "stuck"
    every = timedelta(minutes=1)

    def look(self) -> int:
        now = self.app.clock()
        policy = self.automation(now)
        return self.in_each_book(partial(self._flag, policy.stuck_since(now))) if policy else 0

    def _flag(self, by: datetime, book: int) -> int:
        return sum(self.loop.ask(_item(book, flag) for flag in page) for page in self._stuck(book, by))

    def _stuck(self, book: int, by: datetime) -> Iterator[list[FlagStuck]]:
        for kind in _WAITING:
            for found in self.pages(partial(self._waiting, kind, book, by)):
                yield [_unpaid(each, kind) for each in found]
        for asked in self.pages(partial(self._asked, book, by)):
            yield [_unanswered(each) for each in asked if each.kind != "refund" or each.is_unmatched]

    def _waiting(self, kind: Kind, book: int, by: datetime, last: Waiting | None) -> list[Waiting]:
        return waiting(self.app.views, kind, book, by=by, after=last, limit=PAGE)

    def _asked(self, book: int, by: datetime, last: Instruction | None) -> list[Instruction]:
        """Returns a page of instructions without an answer. Refunds of orders are found by their due dates instead."""
        return instructions(self.app.views, book, upto=by, after=last, limit=PAGE)


def _unpaid(due: Waiting, kind: Kind) -> FlagStuck:
    return _flag(due.stream, _WAITING[kind], due.subject, str(due.owed), due.partner, due.since)


def _unanswered(asked: Instruction) -> FlagStuck:
    return _flag(asked.stream, _ASKED[asked.kind], asked.id, str(asked.amount), asked.partner, asked.requested_at)


def _flag(stream: str, kind: StuckKind, subject: str, expected: str, partner: str, since: datetime) -> FlagStuck:
    return FlagStuck(
        id=command_id("stuck", stream, kind, subject, since.isoformat()),
        actor=TIMER,
        in_stream=stream,
        kind=kind,
        subject=subject,
        expected=expected,
        partner=partner,
        since=since,
    )


def _item(book: int, flag: FlagStuck) -> Item:
    return Item(book, f"{flag.in_stream}#{flag.kind}#{flag.subject}", lambda: flag)
