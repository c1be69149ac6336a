"""The primary is killed while everything is at work: two services with webhooks, feeds, copies of views, a group with
leases, relays to a broker of three, and a rebuild. All follow the promotion; nothing is lost or doubled."""

from __future__ import annotations

from random import Random

import pytest

from tests.failover.pair import open_pair
from tests.soak.proof import check
from tests.soak.stage import Stage, open_stage
from tests.support.postgres import memory_folder, open_folder
from tests.support.say import Say
from tests.support.services import until

_AT_WORK = 15  # answers of each writer before the kill, and after it


@pytest.mark.slow
def test_all_that_read_follow_a_promotion(say: Say) -> None:
    with open_pair() as pair, open_folder(memory_folder()) as folder:
        with open_stage(pair.url, folder, Random(1)) as stage:
            until(lambda: _is_at_work(stage, 0), what="answers before the kill")
            pair.kill_primary()
            pair.promote()
            before = min(len(writer.answered) for writer in stage.writers)
            until(lambda: _is_at_work(stage, before), what="answers after it")
            for writer in stage.writers:
                writer.stop()
            say(f"one promotion: {check(stage)}")
            stage.check_alive()
        assert {process.name for process in stage.processes if process.starts > 1} <= {stage.rebuild.name}


def _is_at_work(stage: Stage, before: int) -> bool:
    stage.check_alive()
    return all(len(writer.answered) >= before + _AT_WORK for writer in stage.writers)
