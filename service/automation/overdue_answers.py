"""Opens breaks for refunds, payouts, captures, voids and claims that wait too long for a partner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from commands.reconciliation.flag_stuck import FlagStuck, StuckKind
from ledger.ids import command_id
from projections.reconciliation.instructions import Instruction, Instructions, instructions
from projections.worklists.refunds_due import Kind, RefundsDue, Waiting, waiting
from service.app import App
from service.loops.followed_view import FollowedView
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
    """The policy `automation` sets the longest wait. Reads instructions that changed since the last look, or whose time
    has passed since.
    """

    name = "stuck"
    every = timedelta(minutes=1)

    def __init__(self, app: App, stop: Event | None = None) -> None:
        super().__init__(app, stop)
        self._due, self._open = FollowedView(app, RefundsDue()), FollowedView(app, Instructions())
        self._since: tuple[Mapping[int, int], Mapping[int, int]] = {}, {}

    def look(self) -> int:
        now = self.app.clock()
        policy = self.automation(now)
        if policy is None:
            return 0
        by, again = policy.stuck_since(now), self.loop.has_to_try_again
        self._since = (
            self._due.begin(self.loop.books, whole=again, due_by=by),
            self._open.begin(self.loop.books, whole=again, due_by=by),
        )
        return self.in_each_book(partial(self._flag, by))

    def _flag(self, by: datetime, book: int) -> int:
        recorded = sum(self.loop.ask(_item(book, flag) for flag in page) for page in self._stuck(book, by))
        if not self.stop.is_set():
            self._due.end(book)
            self._open.end(book)
        return recorded

    def _stuck(self, book: int, by: datetime) -> Iterator[list[FlagStuck]]:
        for kind in _WAITING:
            for found in self.pages(partial(self._waiting, kind, book, by)):
                yield [_unpaid(each, kind) for each in found]
        for asked in self.pages(partial(self._asked, book, by)):
            yield [_unanswered(each) for each in asked if each.kind != "refund" or each.is_unmatched]

    def _waiting(self, kind: Kind, book: int, by: datetime, last: Waiting | None) -> list[Waiting]:
        since, due_after = self._since[0].get(book, 0), self._due.due_after(book)
        return waiting(
            self.app.views, kind, book, by=by, changed_after=since, due_after=due_after, after=last, limit=PAGE
        )

    def _asked(self, book: int, by: datetime, last: Instruction | None) -> list[Instruction]:
        """Returns a page of instructions without an answer. Refunds of orders are found by their due dates instead."""
        since, due_after = self._since[1].get(book, 0), self._open.due_after(book)
        return instructions(self.app.views, book, upto=by, since=since, due_after=due_after, after=last, limit=PAGE)


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
