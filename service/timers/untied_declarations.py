"""Flags declarations, orders and receipts of payment that have had time to tie, and do not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from commands.command import Command
from commands.flag_customs_tie import FlagCustomsTie
from ledger.canonical import canonical, digest
from ledger.ids import derived_id
from projections.declarations import Tie, ties
from service.timers.timer import TIMER, Timer

_TOLD_LATE = timedelta(days=1)  # customs and carriers need not tell in the order in which things happen


class UntiedDeclarations(Timer):
    """Looks seldom, for it goes through all that does not tie."""

    every = timedelta(minutes=10)

    def sweep(self) -> int:
        found = ties(self.app.views, only_mismatches=True, known_until=self.app.clock() - _TOLD_LATE)
        return self.ask([command for tie in found for command in _flags(tie)])


def _flags(tie: Tie) -> Iterator[Command]:
    """An order that nobody placed is a break since its parcel was first heard of."""
    about = digest(canonical([tie.declaration_no, *tie.parcels]))[:32]
    for mismatch in tie.mismatches:
        if mismatch != "no_order":
            yield FlagCustomsTie(
                id=derived_id("tie", tie.order_id, mismatch, about),
                actor=TIMER,
                merchant_id=tie.merchant,
                order_id=tie.order_id,
                parcel_ids=tie.parcels,
                declaration_no=tie.declaration_no,
                mismatch=mismatch,
            )
