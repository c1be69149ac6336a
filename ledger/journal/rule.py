"""The registry of posting rules, by the event that each posts."""

from __future__ import annotations

from functools import singledispatch

from ledger.events.event import Event
from ledger.journal.entry import Draft


@singledispatch
def rule(event: Event) -> Draft | None:  # noqa: ARG001
    """The lines an event writes; nothing for what moves no money: placed, authorised, approvals, tracking."""
    return None
