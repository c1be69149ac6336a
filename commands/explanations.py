"""Resolves breaks of facts that named something unknown, or had no rate, once a later report explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from commands.command import Command
from commands.contradictions import explained, in_minor
from ledger.events.event import Event
from ledger.events.settlement import ReconciliationBreakOpened
from ledger.money import Money
from ledger.streams.breaks import Break
from ledger.streams.orders.order import Order
from ledger.streams.stream import Stream

A_CAPTURE = "a known capture"  # of a dispute
A_CAPTURE_THAT_FAILED = "a capture that is known"
LINES = "lines of the order"
A_DISPUTE = "a dispute with its amount and reason"  # of a loss that waits for them
A_PARCEL = "a parcel of the order"
UNPAID = "not_confirmed"  # what a break of a parcel that left before the payment is about
VOIDED, LAPSED = "report_payment_voided", "report_authorisation_expired"
_Check = Callable[[Order, ReconciliationBreakOpened], bool]


def explanations(command: Command, stream: Stream, events: Sequence[Event]) -> Iterator[Event]:
    """Yields the resolutions of open breaks that these events explain.

    A break that says what was expected is explained once that is known. A fact without a rate is explained once it is
    reported again and booked.
    """
    waiting = [each for each in stream.known_breaks.values() if each.is_open]
    if not waiting or not events:
        return
    later: Order | None = None
    for each in waiting:
        if each.opened.kind == "rate_missing":
            if _is_booked(command, each, events):
                yield explained(command, each, "reported_again", "is booked at a rate that is known now")
        elif isinstance(stream, Order) and (is_known := _check_of(each)):
            later = later or stream.after(*events)
            if is_known(later, each.opened):
                yield explained(command, each, "reported_later", "has reported what was expected")


def waiting_for(expected: str, stream: Stream) -> Iterator[ReconciliationBreakOpened]:
    """Yields the openings of the breaks that wait for this."""
    for each in stream.known_breaks.values():
        if each.is_open and each.opened.kind in _KINDS and each.opened.expected == expected:
            yield each.opened


def _is_booked(command: Command, known: Break, events: Sequence[Event]) -> bool:
    """True if the command reports the fact of the break again, and the fact has a rate now."""
    refs = known.opened.refs
    is_of_it = refs.get("fact", command.name) == command.name and all(
        _said(command, name) == value for name, value in refs.items() if name != "fact"
    )
    return is_of_it and not any(
        isinstance(each, ReconciliationBreakOpened) and each.kind == "rate_missing" for each in events
    )


def _said(command: Command, name: str) -> str:
    """Returns the value of a command's field as the references of a break write it."""
    value = getattr(command, name, None)
    return in_minor(value) if isinstance(value, Money) else str(value or "")


def _check_of(known: Break) -> _Check | None:
    """Returns the check that says if the thing that the break waits for is known; None if it waits for a person."""
    if known.opened.kind not in _KINDS:  # such as what a timer opens, in words of its own
        return None
    if known.opened.refs.get("about") == UNPAID:
        return _was_paid_by_then
    if known.opened.refs.get("fact") in (VOIDED, LAPSED) and "payment_id" in known.opened.refs:
        return _is_the_rest
    return _CHECKS.get(known.opened.expected)


def _has_the_capture(order: Order, opened: ReconciliationBreakOpened) -> bool:
    return order.disputes.by_id[opened.refs["dispute_id"]].capture_ref in order.payments.captures


def _has_the_failed_capture(order: Order, opened: ReconciliationBreakOpened) -> bool:
    capture = order.payments.captures.get(opened.refs["capture_ref"])
    return capture is not None and capture.failed


def _has_the_lines(order: Order, opened: ReconciliationBreakOpened) -> bool:
    return order.lines.keys() >= order.disputes.by_id[opened.refs["dispute_id"]].lines.keys()


def _is_decided(order: Order, opened: ReconciliationBreakOpened) -> bool:
    dispute = order.disputes.get(opened.refs["dispute_id"])
    return dispute is not None and dispute.state in ("lost", "won")


def _has_the_parcel(order: Order, opened: ReconciliationBreakOpened) -> bool:
    parcel = order.parcels.of(opened.actual)
    return parcel is not None and parcel.created


def _was_paid_by_then(order: Order, opened: ReconciliationBreakOpened) -> bool:
    """True if the order was paid when the parcel left, although the payment was reported later."""
    parcel, paid_at = order.parcels.of(opened.refs["parcel_id"]), order.confirmed_at
    facts = [fact for fact in (parcel.facts if parcel else ()) if fact.milestone == opened.refs["fact"]]
    return paid_at is not None and bool(facts) and min(fact.happened_at for fact in facts) >= paid_at


def _is_the_rest(order: Order, opened: ReconciliationBreakOpened) -> bool:
    """True if the void or expiry covers no captured money, now that the authorisation or a failure is reported."""
    return not order.payments.end_contradicted(opened.refs["payment_id"])


_KINDS = ("fact_contradicts_state", "unknown_parcel")
_CHECKS: Mapping[str, _Check] = {
    A_CAPTURE: _has_the_capture,
    A_CAPTURE_THAT_FAILED: _has_the_failed_capture,
    LINES: _has_the_lines,
    A_DISPUTE: _is_decided,
    A_PARCEL: _has_the_parcel,
}
