"""The registry of posting rules, by type of event."""

from __future__ import annotations

from functools import singledispatch

from ledger.events.event import Event
from ledger.journal.entry import Draft


@singledispatch
def rule(event: Event) -> Draft | None:  # noqa: ARG001
    """Returns the draft entry of the event; None if it moves no money (placed, authorised, approvals, tracking)."""
    return None
