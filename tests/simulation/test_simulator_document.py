"""The table of paths in the simulator's document names every plot, and only plots that there are."""

from __future__ import annotations

import re
from pathlib import Path

from service.demo.simulator.scenarios.plots import PLOTS

REPOSITORY = Path(__file__).parents[2]
NAMED = set(
    re.findall(r"`(\w+)`", (REPOSITORY / "docs/simulator.md").read_text(encoding="utf-8").partition("occurs where")[2])
)
REPORTED = {plot.submit.__name__ for plot in PLOTS}
MODULES = {path.stem for path in (REPOSITORY / "service/demo/simulator").rglob("*.py")}


def test_every_plot_stands_in_the_table() -> None:
    assert set() == REPORTED - NAMED


def test_the_table_names_nothing_that_is_gone() -> None:
    assert set() == NAMED - REPORTED - MODULES
