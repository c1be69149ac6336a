"""Benchmark of a rebuild's memory, which must not grow with the log."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from ledger.keys import FileKeyStore
from ledger.ledger import Ledger
from projections.engine.candidates import Filling
from projections.engine.rebuild import rebuild
from projections.engine.worker import ProjectionWorker
from projections.registry import PROJECTIONS
from service.embedded import EmbeddedPostgres
from tests.benchmarks.bench_commands import month_clock, record_months
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table
from tests.benchmarks.scale import Scale

_VIEW = "merchant_balances"


def measure_memory(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """The peak of a process that rebuilds the balances alone, two books at a time, at two sizes of the log."""
    url = server.url("bench_memory")
    with month_clock(open_ledger(url, keys)) as (ledger, clock, bus):
        for months in scale.rebuilt_months:
            record_months(months, clock, bus, orders=scale.orders)
            ProjectionWorker(ledger.engine, ledger.reader, PROJECTIONS[_VIEW]).catch_up()
            name = f"peak of a rebuild of {sum(ledger.reader.heads().values()):,} events"
            for _ in range(scale.rounds):
                with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
                    table.figure(name, unit="MB").samples.append(process.submit(_peak_mb, url, keys).result())


def _peak_mb(url: str, keys: Path) -> float:
    with Ledger.open(url, keys=FileKeyStore(keys)) as ledger, ThreadPoolExecutor(2) as threads:
        rebuild(ledger.engine, ledger.reader, PROJECTIONS[_VIEW], Filling(threads))
    return _high_water_kb() / 1024


def _high_water_kb() -> int:
    """Returns the peak memory of this program alone, in kB. `getrusage` would start from the peak of the parent
    process.
    """
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
