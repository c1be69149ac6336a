"""`make bench`: one server, one run, a table of medians beside their yardsticks."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.benchmarks.ledgers import durable_server
from tests.benchmarks.measure import Table
from tests.benchmarks.scale import TOY, Scale
from tests.benchmarks.sections import SECTIONS


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often each figure is taken (default 5)")
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section; may be given several times")
    parser.add_argument("--toy", action="store_true", help="as little as shows that a section works; measures nothing")
    arguments = parser.parse_args()
    scale = TOY if arguments.toy else Scale()
    if arguments.rounds:
        scale = replace(scale, rounds=arguments.rounds)
    with tempfile.TemporaryDirectory() as folder, durable_server() as server:
        for name in arguments.only or SECTIONS:
            table = Table()
            SECTIONS[name](server, table, Path(folder) / "keys", scale)
            print(f"\n{name}: medians of {scale.rounds} rounds; ratios are medians of the rounds' own ratios")
            print("\n".join(table.lines()), flush=True)


if __name__ == "__main__":
    main()
