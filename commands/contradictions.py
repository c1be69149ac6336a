"""Breaks that a decision opens beside a fact that contradicts the state, once for each contradiction."""

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
from ledger.streams.orders.payments import Capture

RECONCILER = Actor(kind="system", id="reconciliation", role="system")
_OPENING = "report_dispute_opened"
A_RATE = "a book rate of that day"
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
    """Yields a break with an id from its kind and references, unless the id is in `seen`.

    The age of the break counts from `arose_at`, by default from the time of the fact that opens it.
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
    """Returns the id of a break: kind and references, or their digest if a reference is not a valid id."""
    name = derived_id(kind, *(value for _, value in sorted(refs.items()) if value))
    return name if _IS_AN_ID.fullmatch(name) else derived_id(kind, digest(canonical(refs))[:32])


def in_minor(amount: Money) -> str:
    """Returns an amount as the references of breaks and ids write it: USD6944."""
    return f"{amount.currency}{amount.minor}"


def explained(command: Command, known: Break, resolution: str, reason: str) -> ReconciliationBreakResolved:
    """Returns the resolution of a break that a later fact explains. `reason` completes "this report …"."""
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
    """Opens a break beside the fact, once."""
    yield from break_once(
        order.breaks,
        kind=kind,
        expected=expected,
        actual=actual,
        refs={"order_id": report.order_id, **refs},
        at=report.decided_at,
    )


def disputed_above(report: OrderReport, order: Order, capture_ref: str) -> Iterator[Event]:
    """Opens a break for each dispute of this capture, if it is known, that is about more money or another currency."""
    capture = order.payments.captures.get(capture_ref)
    for dispute in order.disputes if capture else ():
        if capture and dispute.opened and dispute.capture_ref == capture_ref and not _covers(capture, dispute.amount):
            said = f"{dispute.amount} of {capture_ref}"
            refs = {"dispute_id": dispute.dispute_id, "fact": _OPENING, "said": said.replace(" ", "")}
            expected = f"at most {capture.amount}"
            yield from contradiction(report, order, kind="amount_mismatch", expected=expected, actual=said, **refs)


def _covers(capture: Capture, amount: Money) -> bool:
    return capture.amount.currency == amount.currency and amount <= capture.amount


def without_rate(report: OrderReport, order: Order, amount: Money, /, **refs: str) -> Iterator[Event]:
    """Opens a break for a fact in a currency without a book rate. The fact is not booked; report it again later."""
    yield from contradiction(
        report, order, kind="rate_missing", expected=A_RATE, actual=str(amount), fact=report.name, **refs
    )
