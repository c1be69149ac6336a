"""Opening a break beside a fact that contradicts what is remembered, once for each contradiction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from ledger.events.settlement import ReconciliationBreakOpened
from ledger.ids import derived_id


def break_once(
    seen: Collection[str], *, kind: str, expected: str, actual: str, refs: dict[str, str], at: datetime
) -> Iterator[ReconciliationBreakOpened]:
    """A break named after its kind and references, unless it is among those `seen` before."""
    break_id = derived_id(kind, *(value for _, value in sorted(refs.items()) if value))
    if break_id not in seen:
        yield ReconciliationBreakOpened(
            break_id=break_id, kind=kind, expected=expected, actual=actual, refs=refs, opened_at=at
        )
