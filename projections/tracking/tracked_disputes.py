"""Disputes of an order at the card issuer, kept in the order's row by the fold that decisions use too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from ledger.events.disputes import (
    DisputeEvidenceSubmitted,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
)
from ledger.events.event import Event
from ledger.folds.disputes import StagedDispute

DISPUTE_EVENTS = (
    DisputeOpened, DisputeFundsWithdrawn, DisputeFeeCharged, DisputeEvidenceSubmitted, DisputeLost, DisputeWon,
)  # fmt: skip
_STORED = TypeAdapter(StagedDispute)


def disputes_after(disputes: dict[str, Any], event: Event, cases: Iterable[str]) -> dict[str, Any]:
    """Returns the disputes after one more event. `cases` are the order's after-sales cases at that time."""
    assert isinstance(event, DISPUTE_EVENTS), f"{event.name} is no event of a dispute"
    dispute = _STORED.validate_python(disputes.get(event.dispute_id, {"dispute_id": event.dispute_id}))
    dispute.reach(event, cases=cases)
    return disputes | {event.dispute_id: _STORED.dump_python(dispute, mode="json")}


def open_disputes(disputes: Mapping[str, Any]) -> Iterator[StagedDispute]:
    """Yields the open disputes."""
    found = (_STORED.validate_python(stored) for stored in disputes.values())
    yield from (dispute for dispute in found if dispute.is_open)
