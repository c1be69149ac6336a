"""Opening a break beside a fact that contradicts what is remembered, once for each contradiction."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from commands.command import Command
from commands.order_command import OrderReport
from ledger.actors import Actor
from ledger.canonical import canonical, digest
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakOpened, ReconciliationBreakResolved
from ledger.ids import derived_id
from ledger.money import Money
from ledger.sealed import Sealed
from ledger.streams.breaks import Break
from ledger.streams.orders.order import Order

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


def contradiction(
    report: OrderReport, order: Order, *, kind: str, expected: str, actual: str, **refs: str
) -> Iterator[Event]:
    """The break that a fact opens beside itself, once."""
    yield from break_once(
        order.breaks,
        kind=kind,
        expected=expected,
        actual=actual,
        refs={"order_id": report.order_id, **refs},
        at=report.decided_at,
    )


def without_rate(report: OrderReport, order: Order, amount: Money, **refs: str) -> Iterator[Event]:
    """The break of a fact that cannot be booked, because no rate of its currency is known; it can be reported again."""
    yield from contradiction(
        report, order, kind="rate_missing", expected="a book rate of that day", actual=str(amount), **refs
    )
