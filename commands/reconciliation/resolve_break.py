"""Resolves a break: a person has explained the difference."""

from __future__ import annotations

from collections.abc import Iterator

from commands.open_breaks import BreakCommand, closable_break
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakResolved
from ledger.ids import Id
from ledger.sealed import Sealed
from ledger.streams.stream import Stream


class ResolveBreak(BreakCommand, name="resolve_break"):
    """Closes an open break. `resolution` is a code word, and `reason` the explanation. It moves no money.

    Only for people of the platform. Refused if the break is not open, or if it holds unmatched money: match or refund
    that.
    """

    resolution: Id
    reason: Sealed[str]


def decide(command: ResolveBreak, stream: Stream, rules: Rules) -> Iterator[Event]:
    opened = closable_break(command, stream).opened
    yield ReconciliationBreakResolved(
        break_id=opened.break_id,
        kind=opened.kind,
        expected=opened.expected,
        actual=opened.actual,
        refs=opened.refs,
        resolution=command.resolution,
        reason=command.reason,
        resolver=command.actor,
        resolved_at=command.decided_at,
    )
