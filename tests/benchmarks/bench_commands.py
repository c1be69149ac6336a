"""The whole command path on the simulated month, and reading back what it recorded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any

from commands.bus.bus import Bus
from commands.command import Command
from commands.menu import MENU
from ledger.ledger import Ledger
from service.demo.simulator.month import make_month
from service.demo.simulator.step import Step
from service.embedded import EmbeddedPostgres
from service.foundation import publish_defaults
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table, rate, rate_of_processes
from tests.benchmarks.scale import Scale

BATCH = 1_000
_OTHER_SEEDS = 100


def measure_commands(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Commands of the simulated month in batches: validated before, then decided, sealed, posted and appended."""
    url = server.url("bench_commands")
    with month_clock(open_ledger(url, keys)) as (ledger, clock, bus):
        for seed in range(1, scale.rounds + 1):
            batches = list(_batches(seed, scale.orders))
            before = sum(ledger.reader.heads().values())
            started = perf_counter()
            for at, commands in batches:
                clock[0] = at
                _submit(bus, commands)
            seconds = perf_counter() - started
            recorded = sum(ledger.reader.heads().values()) - before
            table.figure("commands, decisions included", unit="events/s", aim=">= 8,000").samples.append(
                recorded / seconds
            )
        for round_ in range(scale.rounds):
            before = sum(ledger.reader.heads().values())
            seeds = range(_OTHER_SEEDS + 2 * round_, _OTHER_SEEDS + 2 * round_ + min(2, scale.processes))
            shares = [(url, keys, seed, scale.orders) for seed in seeds]
            per_second = rate_of_processes(1, shares, _record_in_a_process)
            recorded = sum(ledger.reader.heads().values()) - before
            table.figure("the same from two processes", unit="events/s").samples.append(recorded * per_second)


def _record_in_a_process(gate: Any, argument: tuple[str, Path, int, int], _: int) -> None:
    url, keys, seed, orders = argument
    with month_clock(open_ledger(url, keys)) as (_ledger, clock, bus):
        batches = list(_batches(seed, orders))
        gate.wait()
        for at, commands in batches:
            clock[0] = at
            _submit(bus, commands)
        gate.wait()


def measure_reading(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """Catching up from position 1, every event decoded."""
    with month_clock(open_ledger(server.url("bench_reading"), keys)) as (ledger, clock, bus):
        record_months(scale.read_months, clock, bus, orders=scale.orders)
        events = sum(ledger.reader.heads().values())
        for _ in range(scale.rounds):
            table.figure("catch-up, decoded", unit="events/s", aim=">= 80,000").samples.append(
                rate(events, lambda: _decode_all(ledger))
            )


@contextmanager
def month_clock(ledger: Ledger) -> Iterator[tuple[Ledger, list[datetime], Bus]]:
    """A founded ledger and a bus whose clock says what its one element says."""
    clock = [datetime(2025, 3, 10, tzinfo=UTC)]
    with ledger:
        bus = Bus(ledger, MENU, clock=lambda: clock[0])
        publish_defaults(bus)
        yield ledger, clock, bus
        bus.close()


def record_months(seeds: Iterable[int], clock: list[datetime], bus: Bus, *, orders: int) -> list[Step]:
    """The simulated months of these seeds, recorded; all their steps."""
    reported: list[Step] = []
    for seed in seeds:
        _, steps = make_month(seed=seed, orders=orders)
        record_steps(steps, clock, bus)
        reported += steps
    return reported


def record_steps(steps: Sequence[Step], clock: list[datetime], bus: Bus) -> None:
    """Steps as they are, without the acts of a month; the clock is the last step's."""
    for at, commands in _in_batches(steps):
        clock[0] = at
        _submit(bus, commands)


def _submit(bus: Bus, commands: Sequence[Command]) -> None:
    """A command that fails by a fault of ours would be measured as one that is quickly done."""
    assert not [outcome for outcome in bus.submit(commands) if outcome.status == "fault"]


def _batches(seed: int, orders: int) -> Iterator[tuple[datetime, Sequence[Command]]]:
    _, steps = make_month(seed=seed, orders=orders)
    yield from _in_batches(steps)


def _in_batches(steps: Sequence[Step]) -> Iterator[tuple[datetime, Sequence[Command]]]:
    for start in range(0, len(steps), BATCH):
        part = steps[start : start + BATCH]
        envelopes = ({"id": s.id, "actor": s.actor, "occurred_at": s.at if s.is_report else None} for s in part)
        commands = [
            MENU[step.command].command.model_validate(envelope | step.data)
            for step, envelope in zip(part, envelopes, strict=True)
        ]
        yield part[-1].at, commands


def _decode_all(ledger: Ledger) -> None:
    for book in ledger.reader.heads():
        for batch in ledger.reader.summaries(book, 0):
            for one in batch:
                _ = one.event
