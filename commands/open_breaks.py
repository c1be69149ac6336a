"""Checks of commands on breaks: the stream, and that the break is open."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from commands.command import Command
from ledger.ids import Id, is_guard
from ledger.refusals.finance import BreakNotOpen
from ledger.streams.breaks import Break
from ledger.streams.stream import Stream
from ledger.validation_messages import InWords


def _no_guard(name: str) -> str:
    if is_guard(name):
        raise ValueError(
            f"{name} is a guard of a merchant's money, and no stream; name the stream of the order or payout"
        )
    return name


_PART = r"[A-Za-z0-9][A-Za-z0-9._:@+-]{0,63}"
StreamName = Annotated[
    str,
    StringConstraints(pattern=rf"^[a-z_]{{1,32}}(/{_PART}){{1,5}}$"),
    InWords("a stream such as order/M-1042/2025-000017"),
    AfterValidator(_no_guard),
]


class BreakCommand(Command):
    """A command on one break. `in_stream` is the stream of any kind in which it was opened."""

    in_stream: StreamName
    break_id: Id

    @property
    def stream(self) -> str:
        return self.in_stream


def closable_break(command: BreakCommand, stream: Stream) -> Break:
    """Returns the break. Raises `BreakNotOpen`, also if it holds money: match it to an order or refund it instead."""
    known = open_break(command, stream)
    if known.holds_money:
        state = "its money is to be matched to an order or given back"
        raise BreakNotOpen(stream=command.in_stream, break_id=command.break_id, state=state)
    return known


def open_break(command: BreakCommand, stream: Stream) -> Break:
    """Returns the break. Raises `BreakNotOpen`."""
    known = stream.known_breaks.get(command.break_id)
    if known is None or not known.is_open:
        state = f"resolved as {known.resolution}" if known else "never opened"
        raise BreakNotOpen(stream=command.in_stream, break_id=command.break_id, state=state)
    return known
