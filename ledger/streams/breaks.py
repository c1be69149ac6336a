"""Breaks of a stream: each as it was opened, with its owner and its resolution."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.events.event import Event
from ledger.events.settlement import (
    ReconciliationBreakAssigned,
    ReconciliationBreakOpened,
    ReconciliationBreakResolved,
)


@dataclass(slots=True)
class Break:
    """A difference that a person must explain. Readers compute its age."""

    opened: ReconciliationBreakOpened
    owner: str = ""
    resolution: str = ""  # empty while the break is open
    holds_money: bool = False  # it closes when its unmatched money is matched or refunded

    @property
    def is_open(self) -> bool:
        return not self.resolution


def remember_break(breaks: dict[str, Break], event: Event) -> None:
    """Applies the event to the stream's breaks, if it is an event of a break."""
    match event:
        case ReconciliationBreakOpened():
            breaks[event.break_id] = Break(event)
        case ReconciliationBreakAssigned():
            breaks[event.break_id].owner = event.owner
        case ReconciliationBreakResolved():
            breaks[event.break_id].resolution = event.resolution
