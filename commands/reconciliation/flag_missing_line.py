"""A provider, partner or bank has not shown what our books say it should have: somebody must look."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Literal

from commands.command import Command
from commands.contradictions import break_once
from commands.fields import RawText
from commands.open_breaks import StreamName
from commands.rules import Rules
from ledger.accounting_days import ACCOUNTING_ZONE
from ledger.events.event import Event
from ledger.instants import Day
from ledger.streams.stream import Stream

MissingKind = Literal["psp_line_missing", "bank_line_missing", "invoice_mismatch", "tax_mismatch"]


class FlagMissingLine(Command, name="flag_missing_line"):
    """Asked by a timer, or by whoever wants to work the break. It is opened once, also where it was closed since.

    `in_stream` is the stream of what is missing, `refs` what a report or statement would have named it by, `since` the
    day it should have been shown on: the break is as old as that.
    """

    in_stream: StreamName
    kind: MissingKind
    expected: RawText
    actual: RawText = "nothing"
    refs: dict[str, str]
    since: Day | None = None

    @property
    def stream(self) -> str:
        return self.in_stream


def decide(command: FlagMissingLine, stream: Stream, rules: Rules) -> Iterator[Event]:
    if stream.exists:
        yield from break_once(
            stream.known_breaks,
            kind=command.kind,
            expected=command.expected,
            actual=command.actual,
            refs=command.refs,
            at=command.decided_at,
            arose_at=datetime.combine(command.since, time(), ACCOUNTING_ZONE) if command.since else None,
        )
