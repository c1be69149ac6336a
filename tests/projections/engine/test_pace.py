"""A throttled fill works for its share of the time, in small steps, and leaves the same rows."""

from __future__ import annotations

import pytest

from ledger.ledger import Ledger
from projections.engine import fill
from projections.engine.candidates import Filling
from projections.engine.fill import FULL_SPEED, Pace
from projections.engine.fold import LARGEST, SMALLEST
from projections.engine.rebuild import rebuild
from tests.projections.engine.sample_views import Tally
from tests.projections.engine.test_rebuild import follow
from tests.support.view_history import History


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were taken, none of them for long."""
    taken: list[float] = []
    monkeypatch.setattr("projections.engine.fill.time.sleep", taken.append)
    return taken


@pytest.mark.parametrize(("share", "rested"), [(0.25, 3.0), (0.5, 1.0)])
def test_a_share_of_the_time_is_left_to_others(rests: list[float], share: float, rested: float) -> None:
    Pace(share).rest(1.0)
    assert rests == [rested]


def test_full_speed_takes_long_steps_and_no_rests(rests: list[float]) -> None:
    FULL_SPEED.rest(1.0)
    assert (FULL_SPEED.size, Pace(0.5).size, rests) == (LARGEST, SMALLEST, [])


def test_a_throttled_rebuild_rests_after_each_step_but_the_last(
    ledger: Ledger, rests: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fill, "SMALLEST", 2)
    History(ledger).words(1, "a", "b", "a", "c", "a")
    follow(ledger, Tally())
    assert rebuild(ledger.engine, ledger.reader, Tally(), Filling(pace=Pace(0.5))).comparison.count == 0
    assert len(rests) == 2
