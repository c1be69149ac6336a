"""Rebuilds: how fast one view and all views are folded again, and what live commands feel of a throttled one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.synchronize import Event as Signal
from pathlib import Path
from threading import Event
from time import perf_counter

from commands.bus.bus import Bus
from commands.menu import MENU
from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from projections.engine.candidates import Filling
from projections.engine.fill import Pace
from projections.engine.processes import fold_processes
from projections.engine.projection import Projection
from projections.engine.rebuild import discard, fill_candidate, fill_candidates, rebuild
from projections.engine.worker import catch_up
from projections.registry import PROJECTIONS
from service.embedded import EmbeddedPostgres
from tests.benchmarks.bench_commands import month_clock, record_months
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table, percentile, rate
from tests.benchmarks.scale import Scale
from tests.support.buses import PLATFORM
from tests.support.programs import FORKS

_BALANCES = PROJECTIONS["merchant_balances"]
_SHARE = 0.2
_COMMANDS_PER_S = 100
_NUMBERS = count()


def measure_rebuild(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """The balances alone, filled and whole, then all views; at last single commands beside a throttled rebuild."""
    url = server.url("bench_rebuild")
    with month_clock(open_ledger(url, keys)) as (ledger, clock, bus):
        record_months(scale.read_months, clock, bus, orders=scale.orders)
        events, views = sum(ledger.reader.heads().values()), list(PROJECTIONS.values())
        catch_up(ledger.engine, ledger.reader, views)
        with fold_processes() as pool:
            filling = Filling(pool)
            _rebuild_each(ledger, [_BALANCES], filling)  # starts the processes
            for _ in range(scale.rounds):
                table.figure("merchant balances filled", unit="events/s", aim=">= 100,000").samples.append(
                    rate(events, lambda: fill_candidate(ledger.engine, _BALANCES, filling))
                )
                discard(ledger.engine, _BALANCES)
                table.figure("merchant balances rebuilt", unit="events/s", aim=">= 60,000").samples.append(
                    rate(events, lambda: _rebuild_each(ledger, [_BALANCES], filling))
                )
                table.figure("all views rebuilt", unit="events/s", aim=">= 15,000").samples.append(
                    rate(events, lambda: _rebuild_each(ledger, views, filling))
                )
        alone, beside = (
            table.figure(f"single commands {where}, 100/s, p99", unit="ms", beside=yardstick, aim=aim)
            for where, yardstick, aim in (
                ("alone", "", ""),
                ("beside a throttled rebuild", "single commands alone, 100/s, p99", "<= 2"),
            )
        )
        for _ in range(scale.rounds):
            alone.samples.append(_p99_ms(bus, scale.rebuilt_beside_s))
            with _rebuilding(url, keys):
                beside.samples.append(_p99_ms(bus, scale.rebuilt_beside_s))


def _rebuild_each(ledger: Ledger, views: list[Projection], filling: Filling) -> None:
    if len(views) > 1:
        fill_candidates(ledger.engine, views, filling)
    for view in views:
        rebuild(ledger.engine, ledger.reader, view, filling)


def _p99_ms(bus: Bus, seconds: float) -> float:
    """Submits single commands at fixed instants, and returns the p99 of their times from their instant on."""
    kind, waits, started, pause = MENU["enrol_merchant"].command, list[float](), perf_counter(), Event()
    for number in range(int(seconds * _COMMANDS_PER_S)):
        due = started + number / _COMMANDS_PER_S
        pause.wait(max(due - perf_counter(), 0))
        command = kind.model_validate({"id": "e", "actor": PLATFORM, "merchant_id": f"M-{next(_NUMBERS)}"})
        bus.submit([command])
        waits.append((perf_counter() - due) * 1000)
    return percentile(waits, 99)


@contextmanager
def _rebuilding(url: str, keys: Path) -> Iterator[None]:
    """Rebuilds the balances again and again, throttled, in processes of their own, until the block ends."""
    begun, stop = FORKS.Event(), FORKS.Event()
    process = FORKS.Process(target=_rebuild_again_and_again, args=(url, keys, begun, stop))
    process.start()
    begun.wait()
    try:
        yield
    finally:
        stop.set()
        process.join()


def _rebuild_again_and_again(url: str, keys: Path, begun: Signal, stop: Signal) -> None:
    with Ledger.open(url, keys=FileKeyStore(keys)) as ledger, fold_processes() as pool:
        begun.set()
        while not stop.is_set():
            rebuild(ledger.engine, ledger.reader, _BALANCES, Filling(pool, pace=Pace(_SHARE)))
