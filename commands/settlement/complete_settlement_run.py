"""Completing a settlement run: it has dealt with every merchant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from commands.command import Command
from commands.limits import SUMS, Limits
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.statements import SettlementRunCompleted
from ledger.ids import Id, settlement_run_stream
from ledger.money import Money
from ledger.numbers import Count
from ledger.refusals.finance import RunNotStarted
from ledger.streams.statements import SettlementRun


class CompleteSettlementRun(Command, name="complete_settlement_run"):
    """Records the result of a settlement run; `refused` counts the merchants that were not paid, by refusal code."""

    limits: ClassVar[Limits] = SUMS

    run_id: Id
    merchants: Count
    statements: Count
    payouts: Count
    paid: Money
    refused: dict[str, Count] = {}

    @property
    def stream(self) -> str:
        return settlement_run_stream(self.run_id)


def decide(command: CompleteSettlementRun, run: SettlementRun, rules: Rules) -> Iterator[Event]:
    if run.started is None:
        raise RunNotStarted(run_id=command.run_id)
    if run.completed:
        return
    yield SettlementRunCompleted(
        run_id=command.run_id,
        merchants=command.merchants,
        statements=command.statements,
        payouts=command.payouts,
        paid=command.paid,
        refused=command.refused,
        completed_at=command.decided_at,
    )
