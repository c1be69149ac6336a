"""A partner has not done in time what it was asked for, or could not: somebody must look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from commands.breaks import break_once
from commands.command import Command
from commands.reviewing import platform_only
from commands.rules import Rules
from commands.shapes import RawText
from commands.working_breaks import StreamName
from ledger.events.event import Event
from ledger.ids import Id
from ledger.streams.order import Order
from ledger.streams.payouts import Payouts
from ledger.streams.stream import Stream

StuckKind = Literal["refund_stuck", "payout_stuck", "capture_stuck", "void_stuck", "claim_stuck"]


class FlagStuck(Command, name="flag_stuck"):
    """Asked by a timer, once the time of the policy `automation` is over. It opens one break for each `subject`.

    Nothing happens where a refund is paid, or a payout answered, meanwhile.
    """

    in_stream: StreamName
    kind: StuckKind
    subject: Id
    expected: RawText
    partner: str = ""

    @property
    def stream(self) -> str:
        return self.in_stream


def decide(command: FlagStuck, stream: Stream, rules: Rules) -> Iterator[Event]:
    platform_only(command.actor)
    state = _state(command, stream)
    if not stream.exists or not state:
        return
    partner = {"partner": command.partner} if command.partner else {}
    refs = {command.kind.removesuffix("_stuck"): command.subject} | partner
    yield from break_once(
        stream.known_breaks,
        kind=command.kind,
        expected=command.expected,
        actual=state,
        refs=refs,
        at=command.decided_at,
    )


def _state(command: FlagStuck, stream: Stream) -> str:
    """What has become of it, in words; empty where nobody waits for it any more."""
    match stream:
        case Order() if command.kind == "refund_stuck":
            return _refund(stream, command.subject)
        case Payouts() if command.kind == "payout_stuck":
            payout = stream.payouts.get(command.subject)
            return f"{payout.state}, and not answered" if payout and payout.is_in_flight else ""
    return "not answered"


def _refund(order: Order, refund_id: str) -> str:
    case = order.cases.get(refund_id)
    if case is None or case.money is None or case.state != "approved" or case.awaits_goods:
        return ""
    if case.money.amount <= case.paid:
        return ""
    states = [submission.state for submission in case.submissions.values()]
    return f"{case.paid} paid; attempts: {', '.join(states) or 'none'}"
