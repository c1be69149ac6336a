"""Completes a command's events before they are recorded: the verdict on their time, and long references."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from commands.command import Command
from commands.contradictions import break_once
from commands.explanations import explanations
from commands.remainders import remainders
from commands.rules import Rules
from commands.settlement.settlement_matches import matched
from commands.shortfalls import shortfalls
from ledger.deadlines import FORESEEABLE, later
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.references import references_in_full
from ledger.streams.stream import Stream

_NAMES = frozenset({"milestone", "system", "reference", "pair", "period"})  # besides ids, references and numbers


def decided(
    decide: Callable[[Any, Any, Rules], Iterator[Event]], command: Command, stream: Stream, rules: Rules
) -> list[Event]:
    """Returns what a command comes to. Events of an instant that has not come say so, and a break stands beside them.

    Raises as the decision does.
    """
    events = list(decide(command, stream, rules))
    events += remainders(command, stream, events, rules)
    events += matched(command, stream, events)
    events += shortfalls(command, stream, events)
    events += explanations(command, stream, events)
    events = [_with_references(event, command) for event in events]
    if command.timing == "plain" or not events:
        return events
    judged = [_judged(event, command) for event in events]
    return [*judged, *_flag(command, stream)]


def _with_references(event: Event, command: Command) -> Event:
    """Returns the event with what partners wrote where a digest stands for it."""
    reported = dict(references_in_full(command))
    return event.model_copy(update={"in_full": reported}) if reported else event


def _judged(event: Event, command: Command) -> Event:
    """A break is of now, whatever instant it is about."""
    if isinstance(event, ReconciliationBreakOpened):
        return event
    return event.model_copy(update={"timing": command.timing})


def _flag(command: Command, stream: Stream) -> Iterator[Event]:
    if command.timing == "far":
        expected = f"a day before {later(command.received_at, FORESEEABLE):%Y-%m-%d}; no deadline follows from this one"
    else:
        expected = f"until {command.received_at.isoformat()}; deadlines wait for that day"
    yield from break_once(
        stream.known_breaks,
        kind="future_timestamp",
        expected=expected,
        actual=command.happened_at.isoformat(),
        refs={"fact": command.name, **_references(command)},
        at=command.received_at,
    )


def _references(command: Command) -> dict[str, str]:
    """Returns the ids, references and numbers that the fact names, without its merchant, which its stream names."""
    named = {
        name: value
        for name in type(command).model_fields
        if name.endswith(("_id", "_ref", "_no")) or name in _NAMES
        if isinstance(value := getattr(command, name), str) and value
    }
    return {name: value for name, value in named.items() if name not in _ENVELOPE}


_ENVELOPE = frozenset({"merchant_id", "correlation_id", "causation_id"})
