"""Opening a break beside a fact that contradicts what is remembered, once for each contradiction."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from commands.command import Command
from ledger.canonical import canonical, digest
from ledger.events.settlement import ReconciliationBreakOpened, ReconciliationBreakResolved
from ledger.ids import derived_id
from ledger.sealed import Sealed
from ledger.streams.breaks import Break
from ledger.who import Actor

RECONCILER = Actor(kind="system", id="reconciliation", role="system")
_IS_AN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@+-]*")


def break_once(
    seen: Collection[str],
    *,
    kind: str,
    expected: str,
    actual: str,
    refs: dict[str, str],
    at: datetime,
    arose_at: datetime | None = None,
) -> Iterator[ReconciliationBreakOpened]:
    """A break named after its kind and references, unless it is among those `seen` before.

    Its age counts from `arose_at`, by default from when the fact happened that opens it.
    """
    break_id = break_id_of(kind, refs)
    if break_id not in seen:
        yield ReconciliationBreakOpened(
            break_id=break_id,
            kind=kind,
            expected=expected,
            actual=actual,
            refs=refs,
            opened_at=at,
            arose_at=arose_at,
        )


def break_id_of(kind: str, refs: dict[str, str]) -> str:
    """The kind and the references; where a partner's reference is no id of ours, their digest."""
    name = derived_id(kind, *(value for _, value in sorted(refs.items()) if value))
    return name if _IS_AN_ID.fullmatch(name) else derived_id(kind, digest(canonical(refs))[:32])


def explained(command: Command, known: Break, resolution: str, reason: str) -> ReconciliationBreakResolved:
    """The end of a break that a later fact explains: `reason` completes "this report …"."""
    opened = known.opened
    return ReconciliationBreakResolved(
        break_id=opened.break_id,
        kind=opened.kind,
        expected=opened.expected,
        actual=opened.actual,
        refs=opened.refs,
        resolution=resolution,
        reason=Sealed.clear(f"{command.name} {reason}."),
        resolver=RECONCILER,
        resolved_at=command.decided_at,
    )
