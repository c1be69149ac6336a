"""Disputes of an order: the money that was withdrawn for each, beside its stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import singledispatchmethod
from typing import Any

from ledger.events.disputes import (
    DisputeEvidenceSubmitted,
    DisputeExcessReopened,
    DisputeFeeCharged,
    DisputeFundsWithdrawn,
    DisputeLost,
    DisputeOpened,
    DisputeWon,
)
from ledger.events.refunds import ApprovedLine
from ledger.folds.disputes import StagedDispute
from ledger.folds.evolution import Evolving
from ledger.fx import NO_CNY
from ledger.ids import UNKNOWN
from ledger.money import Money, joined
from ledger.streams.orders.quantities import Effect


@dataclass(slots=True, kw_only=True)
class Dispute(StagedDispute, Evolving):
    """One dispute at the card issuer. `held` of it stands in 1120, with the CNY value `held_base`. The withdrawal may
    be reported before the dispute is."""

    payment_id: str
    capture_ref: str
    psp: str
    amount: Money
    held: Money
    held_base: Money = NO_CNY
    due_by: datetime | None = None
    opened: bool = False  # True if its opening was reported
    evidence: int = 0  # number of submissions in this stage
    fees: dict[str, Money] = field(default_factory=dict)
    lost: DisputeLost | None = None  # the loss that stands
    effects: list[tuple[ApprovedLine, list[Effect]]] = field(default_factory=list)  # to undo if a later stage is won

    @property
    def claims(self) -> Money:
        """The buyer's money that is disputed or lost; zero for an inquiry without a withdrawal."""
        at_stake = self.lost is not None or (self.is_open and (self.stage != "inquiry" or bool(self.held)))
        return self.amount if at_stake else Money(0, self.amount.currency)

    @singledispatchmethod
    def evolve(self, event: Any) -> None:
        """Applies an event of this dispute."""

    @evolve.register
    def _(self, event: DisputeOpened) -> None:
        self.amount, self.opened = event.amount, True

    @evolve.register
    def _(self, event: DisputeEvidenceSubmitted) -> None:
        self.evidence += 1

    @evolve.register
    def _(self, event: DisputeFundsWithdrawn) -> None:
        self.held, self.held_base = joined(self.held, event.amount), self.held_base + event.base

    @evolve.register
    def _(self, event: DisputeFeeCharged) -> None:
        self.fees[event.psp_ref] = event.amount

    @evolve.register
    def _(self, event: DisputeLost) -> None:
        self.held, self.held_base = self.held - event.amount, self.held_base - event.carried
        if event.amount:
            self.lost = _with_part(self.lost, event) if self.lost else event

    @evolve.register
    def _(self, event: DisputeExcessReopened) -> None:
        assert self.lost is not None, "only a loss that stands has an excess"
        self.held, self.held_base = joined(self.held, event.amount), self.held_base + event.carried
        less = {name: getattr(self.lost, name) - event.carried for name in ("carried", "expense")}
        self.lost = self.lost.model_copy(update=less | {"amount": self.lost.amount - event.amount})

    @evolve.register
    def _(self, event: DisputeWon) -> None:
        carried = event.undone.carried if event.undone else NO_CNY
        amount = event.undone.amount if event.undone else Money(0, event.amount.currency)
        self.held, self.held_base = self.held - (event.amount - amount), self.held_base - (event.carried - carried)
        self.lost = None


_SUMMED = (
    "amount", "carried", "unallocated", "unallocated_base", "owed", "charges", "margin_reversed", "fx", "expense",
)  # fmt: skip


def _with_part(lost: DisputeLost, part: DisputeLost) -> DisputeLost:
    """Returns the loss with a part of it that was divided later."""
    is_alike = lost.liability == part.liability or not (lost.lines and part.lines)
    sums: dict[str, Any] = {name: getattr(lost, name) + getattr(part, name) for name in _SUMMED}
    sums["lines"] = lost.lines + part.lines if is_alike else (*_borne(lost), *_borne(part))
    sums["liability"] = "shared" if not is_alike else (part if part.lines else lost).liability
    return lost.model_copy(update=sums)


def _borne(lost: DisputeLost) -> Iterator[ApprovedLine]:
    """Yields the lines of a loss, each with its bearer."""
    for line in lost.lines:
        yield line.model_copy(update={"borne_by": "merchant" if line.is_merchants(lost.liability) else "platform"})


class Disputes:
    """The disputes of one order, by the provider's id."""

    def __init__(self) -> None:
        self.by_id: dict[str, Dispute] = {}

    def __iter__(self) -> Iterator[Dispute]:
        return iter(self.by_id.values())

    def get(self, dispute_id: str) -> Dispute | None:
        return self.by_id.get(dispute_id)

    def lost(self, dispute_id: str) -> DisputeLost | None:
        """Returns the loss of a dispute that stands, or None."""
        dispute = self.by_id.get(dispute_id)
        return dispute.lost if dispute else None

    def remember(self, event: Any, *, cases: Iterable[str] = ()) -> Dispute:
        """Applies the event and returns its dispute. `cases` are the ids of the order's cases at that point."""
        nothing = Money(0, event.amount.currency) if hasattr(event, "amount") else NO_CNY
        amount = event.amount if isinstance(event, DisputeOpened | DisputeFundsWithdrawn) else nothing
        dispute = self.by_id.setdefault(
            event.dispute_id,
            Dispute(
                dispute_id=event.dispute_id,
                payment_id=event.payment_id,
                capture_ref=event.capture_ref,
                psp=event.psp,
                amount=amount,
                held=nothing,
            ),
        )
        if dispute.capture_ref == UNKNOWN:  # an earlier event did not name the capture
            dispute.capture_ref, dispute.payment_id = event.capture_ref, event.payment_id
        if dispute.reach(event, cases=cases):
            dispute.due_by, dispute.evidence = event.due_by, 0
        dispute.remember(event)
        return dispute
