"""From a command to what readers see, and what a rebuild takes in memory as the log grows."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from commands.menu import MENU
from projections.engine.views import Views
from projections.registry import PROJECTIONS
from service.embedded import EmbeddedPostgres
from service.views.follower import following
from tests.benchmarks.bench_commands import month_clock
from tests.benchmarks.ledgers import open_ledger
from tests.benchmarks.measure import Table, percentile
from tests.benchmarks.scale import Scale
from tests.support.buses import PLATFORM


def measure_latency(server: EmbeddedPostgres, table: Table, keys: Path, scale: Scale) -> None:
    """One command at a time, until the audit trail shows it: all projections running as the service runs them."""
    with month_clock(open_ledger(server.url("bench_latency"), keys)) as (ledger, _, bus):
        views, trail = Views(ledger.engine, ledger.reader), PROJECTIONS["audit_trail"]
        kind = MENU["enrol_merchant"].command
        with following(ledger):
            for round_ in range(scale.rounds):
                waits = []
                for number in range(scale.seen):
                    merchant = f"M-{round_}-{number}"
                    command = kind.model_validate({"id": "e", "actor": PLATFORM, "merchant_id": merchant})
                    started = perf_counter()
                    (outcome,) = bus.submit([command])
                    views.wait_for(trail, {outcome.book: outcome.last}, timeout_s=10)
                    waits.append((perf_counter() - started) * 1000)
                table.figure("command to visible view, p50", unit="ms", aim="<= 20 ms").samples.append(
                    percentile(waits, 50)
                )
                table.figure("command to visible view, p99", unit="ms").samples.append(percentile(waits, 99))
