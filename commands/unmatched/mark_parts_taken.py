"""Records which orders of a match plan have taken their part of captured money."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from commands.command import Command
from commands.rules import Rules
from commands.unmatched.unmatched_money import capture_of
from ledger.events.event import Event
from ledger.events.platform import UnmatchedPartsTaken
from ledger.ids import Id, unmatched_stream
from ledger.money import total
from ledger.numbers import Count
from ledger.references import Reference
from ledger.streams.reference_data import UnmatchedItem


class MarkPartsTaken(Command, name="mark_parts_taken"):
    """Records the parts of a plan that orders have taken; the rest is planned again.

    `taken` are the parts' numbers from 0 in the plan with number `plan`. For the system's router only, which has
    submitted the parts to the orders. Refused for other actors, and if the item is unknown.
    """

    psp: Id
    capture_ref: Reference
    plan: Annotated[Count, Field(ge=1)]
    taken: tuple[Count, ...]

    @property
    def stream(self) -> str:
        return unmatched_stream(self.psp, self.capture_ref)


def decide(command: MarkPartsTaken, item: UnmatchedItem, rules: Rules) -> Iterator[Event]:
    capture = capture_of(item)
    if item.is_matched or item.plan is None or item.plans != command.plan:
        return
    parts = item.plan.parts
    taken = tuple(part for n, part in enumerate(parts) if n in command.taken)
    not_taken = tuple(part for n, part in enumerate(parts) if n not in command.taken)
    if not_taken:
        yield UnmatchedPartsTaken(
            system=capture.psp,
            reference=capture.capture_ref,
            payment_id=capture.payment_id,
            taken=taken,
            not_taken=not_taken,
            amount=total([part.amount for part in taken], capture.amount.currency),
            base=item.base_of(taken),
            reported_at=command.decided_at,
        )
