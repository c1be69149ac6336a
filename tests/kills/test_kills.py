"""Killed at any moment, every process of the ledger goes on where it was: nothing is lost and nothing is doubled.

REDLEDGER_TEST_SEED chooses other moments.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from itertools import cycle, islice
from random import Random

import pytest

from tests.kills.bench import open_bench
from tests.kills.proof import check
from tests.kills.run import kill_once
from tests.kills.works import WORKS, LostServer, Recording, UpUnderCommands, Work

SEED = os.environ.get("REDLEDGER_TEST_SEED", "20250430")
KILLS = 20
Submit = Callable[[str], None]


@pytest.fixture
def submit(record_property: Callable[[str, object], None], capfd: pytest.CaptureFixture[str]) -> Submit:
    """Says a line at once, and again in the summary of the test run."""

    def say(line: str) -> None:
        record_property("reported", line)
        with capfd.disabled():
            print(f"\n{line}", end="", flush=True)

    return say


def survive(kinds: Sequence[type[Work]], submit: Submit) -> None:
    """Kill one work of each kind, in this order, then check the ledger; what fails names the seed."""
    with open_bench(Random(SEED)) as bench:
        longest = 0.0
        try:
            for number, kind in enumerate(kinds, 1):
                kill = kill_once(bench, number, kind)
                longest = max(longest, kill.went_on_s)
                submit(str(kill))
            held = check(bench)
        except Exception as failure:
            raise AssertionError(f"REDLEDGER_TEST_SEED={SEED}: {failure}") from failure
        submit(f"{len(kinds)} kills, seed {SEED}, work went on after {longest:.1f} s at most: {held}")


@pytest.mark.slow
@pytest.mark.durability
def test_a_killed_recording_a_killed_server_and_a_killed_service_lose_and_double_nothing(submit: Submit) -> None:
    survive([Recording, LostServer, UpUnderCommands], submit)


@pytest.mark.kills
@pytest.mark.durability
def test_after_twenty_kills_of_every_kind_of_process_nothing_is_lost_or_doubled(submit: Submit) -> None:
    survive(list(islice(cycle(WORKS), KILLS)), submit)
