"""Disputes of an order at the card issuer: the stage of each, and the units that it concerns.

Decisions, tracking and the claims on released money use this fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from ledger.events.disputes import DisputeLost, DisputeOpened, DisputeStage, DisputeWon
from ledger.ids import UNKNOWN

DisputeState = Literal["unreported", "open", "won", "lost"]
_STAGES: tuple[DisputeStage, ...] = get_args(DisputeStage)
# The places in which a dispute's units are searched, by its reason; 0 is first.
_LOOKED_FOR = {
    "not_received": {"sent": 0, "unsent": 1, "signed": 2},
    "product_unacceptable": {"signed": 0, "sent": 1, "unsent": 2},
}
_ANYWHERE_SENT = {"signed": 0, "sent": 0, "unsent": 1}


def rank(stage: DisputeStage) -> int:
    """Returns the position of the stage, from 0."""
    return _STAGES.index(stage)


@dataclass(slots=True, kw_only=True)
class StagedDispute:
    """A dispute about units by line, or (`lines` empty) about the whole order.

    Money may be withdrawn or a fee charged before the dispute is reported; it is open from then on. `cases` are the
    cases that existed when it was opened: it may concern their units. A later case asks for other units.
    """

    dispute_id: str
    state: DisputeState = "unreported"
    stage: DisputeStage = "chargeback"
    reason: str = UNKNOWN
    lines: dict[str, int] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    closed_at: datetime | None = None  # when it was last decided

    @property
    def is_open(self) -> bool:
        return self.state == "open"

    def concerns(self, line_id: str) -> bool:
        return not self.lines or line_id in self.lines

    def reach(self, event: Any, *, cases: Iterable[str] = ()) -> bool:
        """Applies an event of the dispute. Returns true if it opens the dispute or another stage of it.

        `cases` are the order's cases at that time. A late report, of an earlier stage or of one that is decided, opens
        nothing: it changes only the reason, the lines and the stage.
        """
        was_open, begins = self.is_open, False
        match event:
            case DisputeLost():
                self.state, self.stage, self.closed_at = "lost", event.stage, event.lost_at
            case DisputeWon():
                self.state, self.stage, self.closed_at = "won", event.stage, event.won_at
            case DisputeOpened():
                self.reason, self.lines = event.reason, dict(_units(event))
                is_next = self.state in ("unreported", "open") or rank(event.stage) > rank(self.stage)
                begins = is_next and (self.closed_at is None or event.opened_at >= self.closed_at)
                if is_next:
                    self.stage = event.stage
                if begins:
                    self.state = "open"
            case _ if self.state == "unreported":
                self.state = "open"
        if self.is_open and not was_open:
            self.cases = tuple(sorted(cases))
        return begins

    def search_rank(self, *, is_sent: bool, is_signed: bool) -> int:
        """Returns the rank of a place in the search for the dispute's units; 0 is first. Goods "not received" are
        searched in unsigned places first, goods "unacceptable" in signed ones."""
        order = _LOOKED_FOR.get(self.reason, _ANYWHERE_SENT)
        return order["signed" if is_signed else "sent" if is_sent else "unsent"]


def _units(event: DisputeOpened) -> Counter[str]:
    units = Counter[str]()
    for line in event.lines:
        units[line.line_id] += line.qty
    return units
