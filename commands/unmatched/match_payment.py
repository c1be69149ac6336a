"""Saying which orders an unmatched captured payment belongs to."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel, ConfigDict, Field

from commands.command import Command
from commands.fields import PositiveMoney
from commands.requested_amounts import expect_currency
from commands.rules import Rules
from commands.unmatched.unmatched_money import unmatched_capture
from ledger.events.event import Event
from ledger.events.platform import MatchedPart, MatchPlanned
from ledger.ids import Id, unmatched_stream
from ledger.references import Reference
from ledger.refusals.finance import AllocationExceedsCapture, ItemAlreadyMatched
from ledger.streams.reference_data import UnmatchedItem


class Part(BaseModel):
    """The part of a capture that one order gets; without an amount, all that is left."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    merchant_id: Id
    order_id: Id
    amount: PositiveMoney | None = None


class MatchPayment(Command, name="match_payment"):
    """The orders that the money is reported to next, each once; together they get exactly what was captured, less what
    orders of an earlier plan have taken.

    Nothing is posted by this: `service.unmatched.payment_matches` carries it out, and goes on with it where it was cut
    off.
    """

    psp: Id
    capture_ref: Reference
    parts: tuple[Part, ...] = Field(min_length=1)

    @property
    def stream(self) -> str:
        return unmatched_stream(self.psp, self.capture_ref)


def decide(command: MatchPayment, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    capture = unmatched_capture(item)
    if item.refunds:
        raise ItemAlreadyMatched(source=command.psp, reference=command.capture_ref, state="refunded")
    yield MatchPlanned(
        system=capture.psp,
        reference=capture.capture_ref,
        parts=_parts(command, item),
        planned_by=command.actor,
        planned_at=command.decided_at,
    )


def _parts(command: MatchPayment, item: UnmatchedItem) -> tuple[MatchedPart, ...]:
    """The parts with their amounts. Raises `AllocationExceedsCapture` where they are not all of the capture."""
    left = item.to_match
    parts: list[MatchedPart] = []
    for part in command.parts:
        amount = part.amount or left
        expect_currency(amount, left.currency, what=f"capture {command.capture_ref}")
        orders = {(known.merchant_id, known.order_id) for known in (*item.taken, *parts)}
        if amount.minor <= 0 or (part.merchant_id, part.order_id) in orders:
            raise _wrong(command, item)
        left -= amount
        parts.append(MatchedPart(merchant_id=part.merchant_id, order_id=part.order_id, amount=amount))
    if left:
        raise _wrong(command, item)
    return tuple(parts)


def _wrong(command: MatchPayment, item: UnmatchedItem) -> AllocationExceedsCapture:
    asked = ", ".join(f"{part.order_id} {part.amount or 'the rest'}" for part in command.parts)
    return AllocationExceedsCapture(parts=asked, captured=str(item.to_match))
