"""Starting a settlement run: what it will do is fixed by its cut-off and positions."""

from __future__ import annotations

from collections.abc import Iterator

from commands.command import Command
from commands.rules import Rules
from ledger.events.event import Event
from ledger.events.statements import SettlementRunStarted
from ledger.ids import Id, settlement_run_stream
from ledger.instants import Instant
from ledger.numbers import Count, Position
from ledger.streams.statements import SettlementRun


class StartSettlementRun(Command, name="start_settlement_run"):
    """A second start of the same run is nothing new: whoever asks goes on with the cut-off of the first."""

    run_id: Id
    cut_off: Instant
    positions: dict[Count, Position]

    @property
    def stream(self) -> str:
        return settlement_run_stream(self.run_id)


def decide(command: StartSettlementRun, run: SettlementRun, rules: Rules) -> Iterator[Event]:
    if run.started:
        return
    yield SettlementRunStarted(
        run_id=command.run_id,
        cut_off=command.cut_off,
        positions=command.positions,
        started_at=command.decided_at,
    )
