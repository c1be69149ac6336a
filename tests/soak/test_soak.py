"""A soak: writers, two services that fold and send, a rebuild, readers, a group, a failing endpoint, relays to a broker
of three and its readers, while processes are killed with -9 and connections are cut.

REDLEDGER_TEST_SEED chooses other moments; REDLEDGER_SOAK_MINUTES makes `make soak` longer than ten minutes.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from tests.soak.proof import check
from tests.soak.stage import Stage, open_stage
from tests.support.postgres import memory_folder, open_folder

SEED = os.environ.get("REDLEDGER_TEST_SEED", "20251129")
MINUTES = float(os.environ.get("REDLEDGER_SOAK_MINUTES", "10"))
SLICE_HARMS = 12
_EVERY_S = (0.5, 2.5)


def soak(url: str, *, goes_on: Callable[[int], bool]) -> str:
    """Harms at random moments as long as it goes on, then checks. What fails names the seed."""
    random, harms = Random(SEED), Counter[str]()
    with open_folder(memory_folder()) as folder, open_stage(url, folder, random) as stage:
        try:
            while goes_on(harms.total()):
                _let_it_work(stage, random.uniform(*_EVERY_S))
                harms[stage.harm()] += 1
            for service in stage.services:
                service.wait_until_ready()
            for writer in stage.writers:
                writer.stop()
            held = check(stage)
            stage.check_alive()
        except Exception as failure:
            raise AssertionError(f"REDLEDGER_TEST_SEED={SEED}, after {dict(harms)}: {failure}") from failure
    commands = sum(len(writer.answered) for writer in stage.writers)
    return f"{harms.total()} harms ({', '.join(sorted(harms))}), seed {SEED}, under {commands:,} commands: {held}"


def _let_it_work(stage: Stage, seconds: float) -> None:
    """Watches everything at work for a while."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stage.check_alive()
        time.sleep(0.1)


@pytest.mark.slow
def test_nothing_is_lost_on_any_way_out_while_everything_is_killed(
    fresh_database_url: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("reported", soak(fresh_database_url, goes_on=lambda harms: harms < SLICE_HARMS))


@pytest.mark.soak
def test_nothing_is_lost_on_any_way_out_for_minutes(
    fresh_database_url: str, record_property: Callable[[str, object], None]
) -> None:
    ends_at = time.monotonic() + 60 * MINUTES
    record_property("reported", soak(fresh_database_url, goes_on=lambda _: time.monotonic() < ends_at))
