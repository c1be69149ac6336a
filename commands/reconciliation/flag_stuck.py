"""Something was not done in time, by a partner or by us: somebody must look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from commands.command import Command
from commands.contradictions import break_once
from commands.fields import RawText
from commands.open_breaks import StreamName
from commands.rules import Rules
from ledger.events.event import Event
from ledger.ids import Id
from ledger.instants import Instant
from ledger.streams.orders.order import Order
from ledger.streams.payouts import Payouts
from ledger.streams.periods import Periods
from ledger.streams.stream import Stream

StuckKind = Literal["refund_stuck", "payout_stuck", "capture_stuck", "void_stuck", "claim_stuck", "closing_due"]


_REFS = {"closing_due": "period"}
_NOT_ANSWERED = "not answered"


class FlagStuck(Command, name="flag_stuck"):
    """Asked by a timer, once the time of the policy `automation` is over. It opens one break for each `subject`,
    as old as what is waited for.

    Nothing happens where it is answered or done meanwhile.
    """

    in_stream: StreamName
    kind: StuckKind
    subject: Id
    expected: RawText
    partner: str = ""
    since: Instant | None = None

    @property
    def stream(self) -> str:
        return self.in_stream


def decide(command: FlagStuck, stream: Stream, rules: Rules) -> Iterator[Event]:
    state = _state(command, stream)
    if not state or not (stream.exists or command.kind == "closing_due"):  # a ledger that never closed has no stream
        return
    partner = {"partner": command.partner} if command.partner else {}
    refs = {_REFS.get(command.kind, command.kind.removesuffix("_stuck")): command.subject} | partner
    yield from break_once(
        stream.known_breaks,
        kind=command.kind,
        expected=command.expected,
        actual=state,
        refs=refs,
        at=command.decided_at,
        arose_at=command.since,
    )


def _state(command: FlagStuck, stream: Stream) -> str:
    """Returns the state of the instruction in words; empty if nobody waits for it any more."""
    match stream:
        case Order() if command.kind == "refund_stuck":
            return _refund(stream, command.subject)
        case Order() if command.kind in ("capture_stuck", "void_stuck"):
            return "" if _is_answered(stream, command) else _NOT_ANSWERED
        case Order() if command.kind == "claim_stuck":
            claim = stream.logistics.claims.get(command.subject)
            return _NOT_ANSWERED if claim and claim.state not in ("settled", "denied") else ""
        case Payouts() if command.kind == "payout_stuck":
            payout = stream.payouts.get(command.subject)
            return f"{payout.state}, and not answered" if payout and payout.is_in_flight else ""
        case Periods() if command.kind == "closing_due":
            return "" if stream.last_closed and command.subject <= stream.last_closed else "open"
    return _NOT_ANSWERED


def _is_answered(order: Order, command: FlagStuck) -> bool:
    """True if no void of this payment, or no capture of this request, is waited for."""
    holds = order.payments.authorizations
    if command.kind == "void_stuck":
        hold = holds.get(command.subject)
        return hold is None or not hold.void_requested or hold.state != "authorized"
    return not any(command.subject in hold.requested for hold in holds.values())


def _refund(order: Order, refund_id: str) -> str:
    case = order.cases.get(refund_id)
    if case is None or case.money is None or case.state != "approved" or case.awaits_goods:
        return ""
    if case.money.amount <= case.paid:
        return ""
    states = [attempt.state for attempt in case.attempts.values()]
    return f"{case.paid} paid; attempts: {', '.join(states) or 'none'}"
