"""What is remembered of a stream's breaks: each as it was opened, who looks into it, and whether it is explained."""

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
    """A difference that a person must explain. How old it is, is for readers to say."""

    opened: ReconciliationBreakOpened
    owner: str = ""
    resolution: str = ""  # empty while it is open
    holds_money: bool = False  # it is over once the money that waits with it has gone where it belongs

    @property
    def is_open(self) -> bool:
        return not self.resolution


def remember_break(breaks: dict[str, Break], event: Event) -> None:
    """What the event says of a break, if it is about one."""
    match event:
        case ReconciliationBreakOpened():
            breaks[event.break_id] = Break(event)
        case ReconciliationBreakAssigned():
            breaks[event.break_id].owner = event.owner
        case ReconciliationBreakResolved():
            breaks[event.break_id].resolution = event.resolution
