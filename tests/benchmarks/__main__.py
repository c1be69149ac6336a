"""`make bench`: one server, one run, a table of medians beside their yardsticks."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.bench_commands import measure_commands, measure_reading
from tests.benchmarks.bench_grown import measure_grown
from tests.benchmarks.bench_latency import measure_latency
from tests.benchmarks.bench_log import measure_bulk, measure_singles, measure_slow_disk
from tests.benchmarks.bench_memory import measure_memory
from tests.benchmarks.bench_parcels import measure_deciding
from tests.benchmarks.ledgers import durable_server
from tests.benchmarks.measure import Table

SECTIONS = {
    "singles": measure_singles,
    "slow-disk": measure_slow_disk,
    "bulk": measure_bulk,
    "commands": measure_commands,
    "reading": measure_reading,
    "latency": measure_latency,
    "deciding": measure_deciding,
    "memory": measure_memory,
    "grown": measure_grown,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each figure is taken (default 5)")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section; may be given several times")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, durable_server() as server:
        for name in arguments.only or SECTIONS:
            table = Table()
            SECTIONS[name](server, table, Path(folder) / "keys", arguments.rounds)
            print(f"\n{name}: medians of {arguments.rounds} rounds; ratios are medians of the rounds' own ratios")
            print("\n".join(table.lines()), flush=True)


if __name__ == "__main__":
    main()
