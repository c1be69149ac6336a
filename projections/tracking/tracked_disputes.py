"""Disputes of an order at the card issuer, kept in the order's row, with their lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ledger.events.disputes import (
    DisputeEvidenceSubmitted,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeOpened,
    DisputeStage,
    DisputeWon,
)
from ledger.events.event import Event
from ledger.folds.unit_claims import OpenDispute

DISPUTE_EVENTS = (
    DisputeOpened, DisputeFundsWithdrawn, DisputeFeeCharged, DisputeEvidenceSubmitted, DisputeLost, DisputeWon,
)  # fmt: skip
_STAGES: tuple[DisputeStage, ...] = ("inquiry", "chargeback", "second_stage")
_UNREPORTED: dict[str, Any] = {
    "open": True,
    "stage": "chargeback",
    "reason": "",
    "lines": {},
}  # the money may be withdrawn before the dispute is reported


def disputes_after(disputes: dict[str, Any], event: Event, cases: Iterable[str]) -> dict[str, Any]:
    """Returns the disputes after one more event; `lines` (units by line) is empty for the whole order.

    `cases` are the order's after-sales cases at that time.
    """
    assert isinstance(event, DISPUTE_EVENTS), f"{event.name} is no event of a dispute"
    known = disputes.get(event.dispute_id)
    after = _after(known or _UNREPORTED, event)
    if after["open"] and not (known and known["open"]):
        after = after | {"cases": sorted(cases)}
    return disputes | {event.dispute_id: after}


def open_disputes(disputes: Mapping[str, Any]) -> Iterator[OpenDispute]:
    """Yields the open disputes, in the form that finds their units."""
    for dispute_id, reported in disputes.items():
        if reported["open"]:
            yield OpenDispute(dispute_id, reported["reason"], reported["lines"], reported["cases"])


def _after(dispute: dict[str, Any], event: Event) -> dict[str, Any]:
    match event:
        case DisputeOpened():
            again = _STAGES.index(event.stage) > _STAGES.index(dispute["stage"])
            reported = dispute | {"reason": event.reason, "lines": _units(event)}
            return reported | {"open": True, "stage": event.stage} if dispute["open"] or again else reported
        case DisputeLost() | DisputeWon():
            return dispute | {"open": False, "stage": event.stage}
    return dispute


def _units(event: DisputeOpened) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in event.lines:
        units[line.line_id] = units.get(line.line_id, 0) + line.qty
    return units
