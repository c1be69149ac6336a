"""Which disputes of an order are open at the card issuer, kept in the order's row: by dispute, with their lines."""

from __future__ import annotations

from typing import Any

from ledger.events.dispute import (
    DisputeEvidenceSubmitted,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeOpened,
    DisputeStage,
    DisputeWon,
)
from ledger.events.event import Event

DISPUTE_EVENTS = (
    DisputeOpened, DisputeFundsWithdrawn, DisputeFeeCharged, DisputeEvidenceSubmitted, DisputeLost, DisputeWon,
)  # fmt: skip
_STAGES: tuple[DisputeStage, ...] = ("inquiry", "chargeback", "second_stage")
_UNTOLD = {"open": True, "stage": "chargeback", "lines": []}  # money may be withdrawn before we hear why


def disputes_after(disputes: dict[str, Any], event: Event) -> dict[str, Any]:
    """The disputes with one more event of theirs; `lines` is empty where one is about all of the order."""
    assert isinstance(event, DISPUTE_EVENTS), f"{event.name} is no event of a dispute"
    return disputes | {event.dispute_id: _after(disputes.get(event.dispute_id, _UNTOLD), event)}


def _after(dispute: dict[str, Any], event: Event) -> dict[str, Any]:
    match event:
        case DisputeOpened():
            again = _STAGES.index(event.stage) > _STAGES.index(dispute["stage"])
            told = dispute | {"lines": [line.line_id for line in event.lines]}
            return told | {"open": True, "stage": event.stage} if dispute["open"] or again else told
        case DisputeLost() | DisputeWon():
            return dispute | {"open": False, "stage": event.stage}
    return dispute


def is_disputed(disputes: dict[str, Any], line_id: str) -> bool:
    """Whether an open dispute concerns the line."""
    return any(each["open"] and (not each["lines"] or line_id in each["lines"]) for each in disputes.values())
