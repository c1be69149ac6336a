"""Every section of `make bench`, one line each: a run and the test of all sections take them from here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from service.embedded import EmbeddedPostgres
from tests.benchmarks.bench_commands import measure_commands, measure_reading
from tests.benchmarks.bench_console import measure_console
from tests.benchmarks.bench_feeds import measure_feeds
from tests.benchmarks.bench_grown import measure_grown
from tests.benchmarks.bench_http import measure_http
from tests.benchmarks.bench_latency import measure_latency
from tests.benchmarks.bench_log import measure_bulk, measure_singles, measure_slow_disk
from tests.benchmarks.bench_memory import measure_memory
from tests.benchmarks.bench_parcels import measure_deciding
from tests.benchmarks.bench_reads import measure_reads
from tests.benchmarks.bench_rebuild import measure_rebuild
from tests.benchmarks.bench_relay import measure_relay
from tests.benchmarks.bench_webhooks import measure_webhooks
from tests.benchmarks.measure import Table
from tests.benchmarks.scale import Scale

Section = Callable[[EmbeddedPostgres, Table, Path, Scale], None]

SECTIONS: dict[str, Section] = {
    "singles": measure_singles,
    "slow-disk": measure_slow_disk,
    "bulk": measure_bulk,
    "commands": measure_commands,
    "reading": measure_reading,
    "rebuild": measure_rebuild,
    "latency": measure_latency,
    "http": measure_http,
    "console": measure_console,
    "feeds": measure_feeds,
    "webhooks": measure_webhooks,
    "deciding": measure_deciding,
    "relay": measure_relay,
    "memory": measure_memory,
    "grown": measure_grown,
    "reads": measure_reads,
}
