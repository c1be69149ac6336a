"""Random commands on a real ledger: what they recorded is folded, verified, read over HTTP and swept by every timer.

REDLEDGER_TEST_SEED chooses other histories.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from ledger.log.verification.verify import verify_log
from projections.engine.rebuild import verify
from projections.registry import PROJECTIONS
from service.app import App
from service.automation.worker import TimerWorker
from service.finance.settlement_run import settle
from tests.fuzz.history import START, History, Tally
from tests.fuzz.invariants import check
from tests.fuzz.reads import failed_reads
from tests.support.access import application_for_reads
from tests.support.buses import Desk, open_desk
from tests.support.shops import app_of

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("REDLEDGER_TEST_SEED", "20250430"))
FEW, MANY = range(2), range(2, 302)
_A_HISTORY = 100  # commands
_ALL_VIEWS = 20  # every so many histories all views are made again, else a few


@pytest.mark.parametrize("number", [*FEW, *(pytest.param(n, marks=pytest.mark.histories) for n in MANY)])
def test_whatever_was_recorded_can_be_folded_verified_read_and_swept(
    number: int, database_url: str, tmp_path: Path
) -> None:
    seed = f"recorded/{SEED}/{number}"
    random = Random(seed)
    with open_desk(database_url, tmp_path, now=START) as desk:
        history = History(desk, random, Tally())
        history.live(_A_HISTORY)
        app = app_of(desk)
        app.catch_up()
        assert list(failed_reads(application_for_reads(app, patience_s=0.1), history.facts, random)) == [], seed
        _becomes_due(app, desk)
        assert list(verify_log(desk.ledger.reader)) == [], seed
        made_again = PROJECTIONS if number % _ALL_VIEWS == 0 else random.sample(sorted(PROJECTIONS), k=3)
        differing = {name: verify(desk.ledger.engine, PROJECTIONS[name]).count for name in made_again}
        assert differing == dict.fromkeys(made_again, 0), seed
        check(desk)


def _becomes_due(app: App, desk: Desk) -> None:
    """Runs every timer and a settlement run after all deadlines have passed."""
    desk.clock.forward(days=40)
    TimerWorker(app).sweep()
    settle(app, "RUN-1")
    app.catch_up()
