"""Makes what waits for a partner for too long a break: refunds, payouts, captures, voids, and claims."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from commands.flag_stuck import FlagStuck, StuckKind
from ledger.ids import command_id
from projections.instructions import Instruction, instructions
from projections.refunds_due import Kind, pages
from service.app import App
from service.loop import Item
from service.timers.timer import TIMER, Timer

_PAGE = 500
_WAITING: dict[Kind, StuckKind] = {"refund": "refund_stuck", "claim": "claim_stuck"}
_ASKED: dict[str, StuckKind] = {
    "payout": "payout_stuck",
    "capture": "capture_stuck",
    "void": "void_stuck",
    "refund": "refund_stuck",
}


class Stuck(Timer):
    """The policy `automation` says how long is too long."""

    name = "stuck"
    every = timedelta(minutes=1)

    def look(self) -> int:
        now = self.app.clock()
        policy = self.automation(now)
        return self.in_each_book(partial(self._flag, policy.stuck_since(now))) if policy else 0

    def _flag(self, by: datetime, book: int) -> int:
        items, recorded = map(partial(_item, book), _stuck(self.app, book, by)), 0
        while not self.stop.is_set() and (page := list(islice(items, _PAGE))):
            recorded += self.loop.ask(page)
        return recorded


def _stuck(app: App, book: int, by: datetime) -> Iterator[FlagStuck]:
    for kind, stuck in _WAITING.items():
        for page in pages(app.views, kind, book, by=by, limit=_PAGE):
            for each in page:
                yield _flag(each.stream, stuck, each.subject, str(each.owed), each.partner, each.since)
    after: Instruction | None = None
    while found := instructions(app.views, book, upto=by, after=after, limit=_PAGE):
        after = found[-1]
        for asked in found:
            if asked.kind != "refund" or asked.is_of_the_inbox:  # an order's refund stands among those that are due
                stuck = _ASKED[asked.kind]
                yield _flag(asked.stream, stuck, asked.id, str(asked.amount), asked.partner, asked.asked_at)


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
